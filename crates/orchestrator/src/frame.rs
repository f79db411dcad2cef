//! What surrounds every request: its id, the check of where it was sent to, the writing of problems, the clock.
//!
//! One thin function instead of a stack of layers, because a submission costs less than most layers do.

use std::{
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
        let answer = self.router.clone().call(Request::from_parts(parts, body)).await;
        answer.unwrap_or_else(|never| match never {})
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
