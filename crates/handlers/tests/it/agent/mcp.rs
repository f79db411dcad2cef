//! MCP servers that are reached by HTTP. Those that are programs need a worker; see its tests.

use serde_json::{Value, json};

use super::{
    Play, call, calls, end,
    site::{Asked, Site, response},
};

/// A server in a few lines: every answer at once, as plain JSON.
fn speak(asked: &Asked) -> Vec<u8> {
    let Ok(message) = serde_json::from_str::<Value>(&asked.body) else {
        return response(405, "", "");
    };
    let result = match message["method"].as_str().unwrap_or_default() {
        "initialize" => json!({
            "protocolVersion": message["params"]["protocolVersion"], "capabilities": {"tools": {}},
            "serverInfo": {"name": "test", "version": "1"},
        }),
        "tools/list" => json!({"tools": [
            {"name": "add", "description": "adds", "inputSchema": {"type": "object", "required": ["a", "b"],
                "properties": {"a": {"type": "number"}, "b": {"type": "number"}}}},
            {"name": "broken", "inputSchema": {"type": "object", "properties": {"a": {"type": "numbr"}}}},
            {"name": "liar", "inputSchema": {"type": "object"}, "outputSchema":
                {"type": "object", "required": ["sum"], "properties": {"sum": {"type": "number"}}}},
            {"name": "painter", "inputSchema": {}},
        ]}),
        "tools/call" => called(&message["params"]),
        _ => return response(202, "", ""),
    };
    let body = json!({"jsonrpc": "2.0", "id": message["id"], "result": result}).to_string();
    response(200, "content-type: application/json\r\n", body)
}

fn called(params: &Value) -> Value {
    let number = |name: &str| params["arguments"][name].as_f64().unwrap_or_default();
    let text = |text: String| json!({"content": [{"type": "text", "text": text}]});
    match params["name"].as_str().unwrap() {
        "add" => text((number("a") + number("b")).to_string()),
        "liar" => json!({"content": [], "structuredContent": {"sum": "seven"}}),
        "painter" => {
            json!({"content": [{"type": "image", "mimeType": "image/png", "data": "AAAA".repeat(1_000_000)}]})
        }
        other => json!({"isError": true, "content": [{"type": "text", "text": other}]}),
    }
}

fn server(url: &str) -> Value {
    json!([{"mcp": "math", "url": url}])
}

async fn once(name: &str, input: Value) -> (String, bool) {
    let site = Site::start(speak).await;
    let play = Play::of([calls(&[call("t1", name, input)]), end("done")]).await;
    play.run(server(&site.url)).await.result();
    play.answer()
}

#[tokio::test]
async fn tools_of_a_server_are_the_models() {
    assert_eq!(once("math_add", json!({"a": 1, "b": 2})).await, ("3".to_owned(), false));
    let (told, is_error) = once("math_add", json!({"a": "one"})).await;
    assert!(is_error && told.contains("does not fit the schema"), "{told}");
    let (told, _) = once("math_painter", json!({})).await;
    assert_eq!(told, "[3000000 bytes of image/png, which are not shown]");
}

#[tokio::test]
async fn a_server_that_lies_about_its_schemas_is_found_out() {
    let (told, is_error) = once("math_liar", json!({})).await;
    assert!(is_error && told.contains("outputSchema"), "{told}");
    let (told, is_error) = once("math_broken", json!({})).await;
    assert!(is_error && told.contains("there is no tool `math_broken`"), "{told}");
    let site = Site::start(speak).await;
    let play = Play::of([end("done")]).await;
    let ran = play.run(server(&site.url)).await;
    assert!(
        ran.remarks().iter().any(|line| line.contains("`broken` is left out")),
        "{:?}",
        ran.remarks()
    );
}

#[tokio::test]
async fn only_what_is_wanted_of_a_server_is_taken() {
    let site = Site::start(speak).await;
    let play = Play::of([end("done")]).await;
    let only = |names: Value| json!([{"mcp": "math", "url": site.url, "only": names}]);
    play.run(only(json!(["add"]))).await.result();
    let tools = play.model.asked()[0]["tools"].clone();
    assert_eq!(tools.as_array().unwrap().len(), 1);
    let failure = play.failure(json!({"prompt": "go", "tools": only(json!(["subtract"]))})).await;
    assert!(failure.message.contains("has no tool `subtract`, only: add"), "{}", failure.message);
}

#[tokio::test]
async fn what_is_no_mcp_server_is_the_cause_of_the_jobs_end() {
    let html =
        Site::start(|_| response(200, "content-type: text/html\r\n", "<h1>Hello</h1>")).await;
    let broken = Site::start(|_| response(500, "", "")).await;
    for url in [html.url.as_str(), &broken.url, "http://127.0.0.1:1/mcp"] {
        let play = Play::of([]).await;
        let failure = play.failure(json!({"prompt": "go", "tools": server(url)})).await;
        assert!(
            failure.message.contains("the MCP server `math` cannot be used"),
            "{}",
            failure.message
        );
    }
    let play = Play::of([]).await;
    play.world.set("AGENT_RUNNER_TOOLS_ALLOW_PRIVATE", "");
    let failure = play.failure(json!({"prompt": "go", "tools": server(&html.url)})).await;
    assert!(failure.message.contains("no public address"), "{}", failure.message);
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let tools = json!([{"mcp": "math", "url": url, "start_seconds": 1}]);
    let failure = Play::of([]).await.failure(json!({"prompt": "go", "tools": tools})).await;
    assert!(failure.message.contains("within 1 seconds"), "{}", failure.message);
}

#[tokio::test]
async fn two_tools_of_one_name_are_refused() {
    let site = Site::start(speak).await;
    let http = json!({"name": "math_add", "description": "d", "url": site.url, "input_schema": {"type": "object"}});
    let tools = json!([http, {"mcp": "math", "url": site.url}]);
    let failure = Play::of([]).await.failure(json!({"prompt": "go", "tools": tools})).await;
    assert!(failure.message.contains("two tools are called `math_add`"), "{}", failure.message);
}
