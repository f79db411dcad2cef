//! Pages to look things up in, and what of them becomes a source.

use std::sync::{Arc, Mutex};

use agent_runner_domain::event::EventBody;
use axum::{
    Router,
    extract::{Path, Request, State},
    http::{StatusCode, header::LOCATION},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use super::{answered, plan, research};
use crate::claude::Site;

/// A server of pages, which remembers what was asked for.
pub(super) struct Pages {
    url: String,
    hits: Arc<Mutex<Vec<String>>>,
}

impl Pages {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let hits: Arc<Mutex<Vec<String>>> = Arc::default();
        let router = Router::new()
            .route("/{name}", get(page))
            .route("/api/{word}", get(async |request: Request| request.uri().to_string()))
            .with_state(Arc::clone(&hits));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, hits }
    }

    /// What was asked for so far, in the order of the names.
    pub(super) fn hits(&self) -> Vec<String> {
        let mut hits = self.hits.lock().unwrap().clone();
        hits.sort();
        hits
    }

    /// Such as make the simulator fetch these pages.
    pub(super) fn questions(&self) -> [String; 3] {
        ["a", "b", "c"].map(|name| self.question(name))
    }

    pub(super) fn at(&self, page: &str) -> String {
        format!("{}/{page}", self.url)
    }

    fn question(&self, page: &str) -> String {
        format!(r#"Look at {page}: http_fetch {{"url": "{}"}}"#, self.at(page))
    }
}

async fn page(State(hits): State<Arc<Mutex<Vec<String>>>>, Path(name): Path<String>) -> Response {
    hits.lock().unwrap().push(format!("/{name}"));
    match name.as_str() {
        "moved" => (StatusCode::FOUND, [(LOCATION, "/a")]).into_response(),
        "gone" => StatusCode::NOT_FOUND.into_response(),
        name => Html(format!(
            "<h1>About {name}</h1> See <a href=\"https://invented.example/\">more</a>."
        ))
        .into_response(),
    }
}

async fn looked_up(pages: &Pages, tools: Value, questions: &[&str], is_allowed: bool) -> Value {
    let site: Site = research(json!({"tools": tools})).await;
    if is_allowed {
        site.gateway.set("AGENT_RUNNER_TOOLS_ALLOW_PRIVATE", "1");
    }
    site.simulator.world().forget_answers();
    plan(site.simulator.world(), questions);
    let result = site.result().await;
    assert_eq!(answered(&result), [true, true, true]);
    let told = site.gateway.heard().events.iter().any(|event| {
        matches!(&event.body, EventBody::ToolResult { output, .. } if output.contains(&pages.url))
    });
    assert_eq!(told, is_allowed);
    result
}

#[tokio::test]
async fn what_was_really_fetched_is_a_source_and_nothing_else() {
    let pages = Pages::start().await;
    let [a, moved, gone] = ["a", "moved", "gone"].map(|page| pages.question(page));
    let result = looked_up(&pages, json!(["http_fetch"]), &[&a, &moved, &gone], true).await;
    let url = pages.at("a");
    let expected = json!([{"tool": "http_fetch", "url": url, "questions": [1, 2]}]);
    assert_eq!(result["sources"], expected);
    let source = json!([{"tool": "http_fetch", "url": url}]);
    let of = |at: usize| &result["findings"][at]["sources"];
    assert_eq!((of(0), of(1), of(2)), (&source, &source, &json!([])));
    assert_eq!(pages.hits().len(), 4);
}

#[tokio::test]
async fn what_tools_may_not_reach_is_no_source() {
    let pages = Pages::start().await;
    let questions = pages.questions();
    let questions = questions.each_ref().map(String::as_str);
    let result = looked_up(&pages, json!(["http_fetch"]), &questions, false).await;
    assert_eq!(result["sources"], json!([]));
    assert!(pages.hits().is_empty());
}

#[tokio::test]
async fn what_an_http_tool_has_read_is_a_source() {
    let pages = Pages::start().await;
    let tool = json!({"name": "look_up", "description": "looks a word up", "url": format!("{}/api/{{word}}", pages.url),
        "input_schema": {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}});
    let site = research(json!({"tools": [tool]})).await;
    site.gateway.set("AGENT_RUNNER_TOOLS_ALLOW_PRIVATE", "1");
    site.simulator.world().forget_answers();
    plan(
        site.simulator.world(),
        &[r#"look_up {"word": "ebb & flow"}"#, "What of B?", "What of C?"],
    );
    let result = site.result().await;
    let url = format!("{}/api/ebb%20%26%20flow", pages.url);
    assert_eq!(result["sources"], json!([{"tool": "look_up", "url": url, "questions": [1]}]));
}
