//! `claude_code`: the code, its file, and what is said where there is none.

use serde_json::{Value, json};

use crate::{
    server::{Reply, Server, answer},
    world::World,
};

async fn written(text: &str, stop_reason: &str, payload: Value) -> (Value, World) {
    let server = Server::start([Reply::stream(answer(text, stop_reason, 9))]).await;
    let world = World::with_claude_at(&server.url, None).await;
    let ran = world.run("claude_code", payload).await;
    let system = server.asked()[0]["system"].as_str().unwrap().to_owned();
    assert!(system.contains("one fenced code block"), "{system}");
    (ran.result().clone(), world)
}

#[tokio::test]
async fn code_comes_without_fences_and_as_a_file() {
    let payload = json!({"specification": "say 1"});
    let (result, world) = written("Sure:\n```python\nprint(1)\n```\n", "end_turn", payload).await;
    let said = [&result["code"], &result["language"], &result["filename"]];
    assert_eq!(said, [&json!("print(1)"), &json!("python"), &json!("code.py")]);
    assert_eq!(result.get("notice"), None);
    assert_eq!(world.files.text("code.py").unwrap(), "print(1)\n");
}

#[tokio::test]
async fn the_file_is_named_as_wanted() {
    let payload = json!({"specification": "x", "language": "Rust", "filename": "src/main.rs"});
    let (result, world) = written("fn main() {}", "end_turn", payload).await;
    assert_eq!(
        (&result["filename"], &result["code"]),
        (&json!("src/main.rs"), &json!("fn main() {}"))
    );
    assert_eq!(world.files.text("src/main.rs").unwrap(), "fn main() {}\n");
}

#[tokio::test]
async fn code_that_was_cut_off_or_refused_is_said_to_be_so() {
    let payload = || json!({"specification": "x", "max_tokens": 9});
    let (result, world) = written("```python\nprint(", "max_tokens", payload()).await;
    assert_eq!((&result["code"], &result["stop_reason"]), (&json!("print("), &json!("max_tokens")));
    assert!(result["notice"].as_str().unwrap().contains("`max_tokens` (9)"));
    assert!(world.files.text("code.py").is_some());

    let (result, world) = written("I will not.", "refusal", payload()).await;
    assert_eq!((&result["code"], &result["filename"]), (&json!(""), &Value::Null));
    assert!(result["notice"].as_str().unwrap().contains("refused"));
    assert!(world.files.text("code.py").is_none());

    let (result, _) = written("", "end_turn", payload()).await;
    assert!(result["notice"].as_str().unwrap().contains("without any code"));
}
