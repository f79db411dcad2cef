//! What surrounds every request: its id, the check of where it was sent to, the writing of problems, the clock.
//!
//! One thin function instead of a stack of layers, because a submission costs less than most layers do.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use agent_runner_api_types::{Problem, ProblemCode};
use axum::{
    Router,
    body::Body,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use tower_service::Service;

use crate::{app::App, error::ApiError, routes, worker_gateway};

const REQUEST_ID: &str = "x-request-id";
const REQUEST_ID_BYTES_MAX: usize = 64;

/// All that answers HTTP. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Site {
    app: App,
    router: Router,
    /// Tells the requests of one start of the server from those of another.
    start: u64,
    count: Arc<AtomicU64>,
}

impl Site {
    pub(crate) fn new(app: App) -> Self {
        let start = u64::try_from(app.now().as_millis()).unwrap_or_default();
        let router = routes::router(&app);
        Self { app, router, start, count: Arc::default() }
    }

    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// Answers one request, whatever it is.
    pub(crate) async fn answer(&self, request: Request<Body>) -> Response {
        let begun = Instant::now();
        let id = self.request_id(request.headers());
        let method = request.method().clone();
        let route = self.app.description.route(request.uri().path());
        let mut response = self.route(request).await;
        if method == Method::OPTIONS && response.status() == StatusCode::METHOD_NOT_ALLOWED {
            response = options(&response);
        }
        write_problem(&mut response, &id);
        self.app.metrics.answered(&method, route, response.status(), begun.elapsed());
        response.headers_mut().insert(REQUEST_ID, id);
        response
    }

    async fn route(&self, request: Request<Body>) -> Response {
        let (parts, body) = request.into_parts();
        // The lease is all that a worker needs to prove.
        if !parts.uri.path().starts_with(worker_gateway::PREFIX)
            && let Err(refused) = self.app.access.check_address(&parts)
        {
            return refused.into_response();
        }
        let answer = self.router.clone().call(Request::from_parts(parts, body));
        // A fault of ours ends one request, not the connection with all that wait on it.
        match AssertUnwindSafe(answer).catch_unwind().await {
            Ok(answer) => answer.unwrap_or_else(|never| match never {}),
            Err(_) => ApiError::internal("a request handler panicked").into_response(),
        }
    }

    /// The caller's own name for the request, if it is a name, else one of ours.
    fn request_id(&self, headers: &HeaderMap) -> HeaderValue {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        let given = headers.get(REQUEST_ID).filter(|value| {
            (1..=REQUEST_ID_BYTES_MAX).contains(&value.len()) && value.as_bytes().iter().all(plain)
        });
        given.cloned().unwrap_or_else(|| {
            let count = self.count.fetch_add(1, Ordering::Relaxed);
            let text = format!("req-{:x}-{count:x}", self.start);
            HeaderValue::from_str(&text).expect("digits and dashes are plain")
        })
    }
}

/// Which methods an address takes.
fn options(refused: &Response) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(allow) = refused.headers().get(header::ALLOW) {
        response.headers_mut().insert(header::ALLOW, allow.clone());
    }
    response
}

/// Problems travel beside an empty body until here, where the request's id is known.
fn write_problem(response: &mut Response, id: &HeaderValue) {
    let problem = response.extensions_mut().remove::<Box<Problem>>();
    let Some(mut problem) = problem.or_else(|| unexplained(response.status())) else { return };
    problem.request_id = id.to_str().ok().map(str::to_owned);
    let text = serde_json::to_vec(&problem).expect("a problem is texts and numbers");
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    *response.body_mut() = Body::from(text);
}

/// For refusals by the framework itself, so that no client ever meets an error without a problem.
fn unexplained(status: StatusCode) -> Option<Box<Problem>> {
    let code = match status.as_u16() {
        405 => ProblemCode::MethodNotAllowed,
        404 => ProblemCode::RouteNotFound,
        400..500 => ProblemCode::BadRequest,
        500.. => ProblemCode::Internal,
        _ => return None,
    };
    let mut problem = Problem::new(code, code.title());
    problem.status = status.as_u16();
    Some(Box::new(problem))
}

pub(crate) async fn route_not_found(uri: http::Uri) -> ApiError {
    let path: String = uri.path().chars().take(100).collect();
    ApiError::new(ProblemCode::RouteNotFound, format!("there is nothing at {path}"))
        .fix("/openapi.json describes all addresses, /docs shows them.")
}

pub(crate) async fn method_not_allowed(method: Method) -> ApiError {
    ApiError::new(ProblemCode::MethodNotAllowed, format!("this address does not take {method}"))
        .fix("The header Allow names the methods that it takes.")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Request;

    use crate::test_site::TestSite;

    #[tokio::test]
    async fn every_answer_names_its_request() {
        let site = TestSite::new();
        let first = site.get("/healthz").await.header("x-request-id").to_owned();
        let second = site.get("/healthz").await.header("x-request-id").to_owned();
        assert!(!first.is_empty() && first != second);
        let own = Request::get("/nothing").header("x-request-id", "mine-1");
        assert_eq!(site.send(own, Body::empty()).await.json()["request_id"], "mine-1");
        let strange = Request::get("/healthz").header("x-request-id", "a b");
        assert_ne!(site.send(strange, Body::empty()).await.header("x-request-id"), "a b");
    }

    #[tokio::test]
    async fn addresses_and_methods_that_do_not_exist_are_problems() {
        let site = TestSite::new();
        assert_eq!(site.get("/nothing").await.problem().1, "route_not_found");
        let deleted = site.send(Request::delete("/jobs"), Body::empty()).await;
        assert_eq!(
            (deleted.problem().1.as_str(), deleted.header("allow")),
            ("method_not_allowed", "GET,HEAD,POST")
        );
        let options = site.send(Request::options("/jobs"), Body::empty()).await;
        assert_eq!((options.status.as_u16(), options.header("allow")), (204, "GET,HEAD,POST"));
        let strange =
            site.send(Request::get("/jobs").header("host", "evil.example"), Body::empty()).await;
        assert_eq!(strange.problem().1, "host_not_allowed");
        let page = site
            .send(Request::get("/jobs").header("origin", "https://evil.example"), Body::empty())
            .await;
        assert_eq!(page.problem().1, "origin_not_allowed");
    }

    #[tokio::test]
    async fn pages_for_people_and_numbers_for_machines_are_served() {
        let site = TestSite::new();
        assert!(site.get("/openapi.json").await.json()["paths"]["/jobs"]["post"].is_object());
        assert!(String::from_utf8(site.get("/docs/").await.body).unwrap().contains("swagger"));
        assert_eq!(
            site.get("/docs/errors/job_not_found").await.header("content-type"),
            "text/markdown; charset=utf-8"
        );
        assert_eq!(site.get("/docs/errors/nope").await.problem().1, "route_not_found");
        assert_eq!(site.get("/job-types/echo").await.json()["job_type"], "echo");
        assert_eq!(site.get("/job-types/x").await.problem().1, "job_type_not_found");
        site.submit(&serde_json::json!({})).await;
        site.run_one().await;
        let numbers = String::from_utf8(site.get("/metrics").await.body).unwrap();
        for line in [
            "agent_runner_jobs_submitted_total{job_type=\"echo\"} 1",
            "agent_runner_jobs_ended_total{job_type=\"echo\",status=\"SUCCEEDED\",cause=\"\"} 1",
            "agent_runner_jobs{job_type=\"echo\",status=\"SUCCEEDED\"} 1",
            "agent_runner_store_up 1",
        ] {
            assert!(numbers.contains(line), "{line} is not in {numbers}");
        }
    }
}
