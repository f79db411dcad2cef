//! `claude_chat`: what is sent, and what is said of an answer.

use agent_runner_domain::{JobId, job::CauseKind};
use serde_json::{Value, json};

use crate::{
    server::{Reply, Server, answer},
    world::World,
};

async fn asked(payload: Value) -> Value {
    let server = Server::start([Reply::stream(answer("ok", "end_turn", 1))]).await;
    let world = World::with_claude_at(&server.url, None).await;
    world.run("claude_chat", payload).await.result();
    server.asked().remove(0)
}

#[tokio::test]
async fn what_the_payload_says_is_sent_and_nothing_else() {
    let text = |text: &str| json!([{"type": "text", "text": text}]);
    let plain = asked(json!({"prompt": "hi"})).await;
    let expected = json!({"model": "claude-sonnet-5-5", "max_tokens": 1024, "stream": true,
        "messages": [{"role": "user", "content": text("hi")}]});
    assert_eq!(plain, expected);

    let turns = json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]);
    let full = json!({"prompt": "c", "system": "be brief", "max_tokens": 9, "temperature": 0.5,
        "model": "claude-opus-5-5", "messages": turns});
    let expected = json!({"model": "claude-opus-5-5", "max_tokens": 9, "stream": true,
        "system": "be brief", "temperature": 0.5, "messages": [
            {"role": "user", "content": text("a")},
            {"role": "assistant", "content": text("b")},
            {"role": "user", "content": text("c")}]});
    assert_eq!(asked(full).await, expected);
}

#[tokio::test]
async fn files_of_jobs_are_shown() {
    let server = Server::start([Reply::stream(answer("nice", "end_turn", 1))]).await;
    let world = World::with_claude_at(&server.url, None).await;
    world.files.add(world.job, "out/photo", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    world.files.add(world.job, "notes.md", "# Größe".as_bytes());
    let file = |name: &str| json!([{"job_id": world.job, "name": name}]);
    let payload =
        json!({"prompt": "look", "images": file("out/photo"), "documents": file("notes.md")});
    world.run("claude_chat", payload).await.result();
    let content = &server.asked()[0]["messages"][0]["content"];
    assert_eq!(content[0]["source"]["media_type"], "image/png");
    assert_eq!(
        (&content[1]["title"], &content[1]["source"]["data"]),
        (&json!("notes.md"), &json!("# Größe"))
    );
    assert_eq!(content[2]["text"], "look");

    let missing =
        json!({"prompt": "look", "images": [{"job_id": JobId::from_u128(9), "name": "x"}]});
    let ran = world.run("claude_chat", missing).await;
    let failure = ran.failure();
    assert_eq!(failure.kind, CauseKind::InvalidPayload);
    assert!(failure.message.contains("the file `x` of job_"), "{}", failure.message);
}

#[tokio::test]
async fn an_answer_that_is_not_whole_says_so() {
    for (reason, said) in [
        ("max_tokens", "cut off: it reached `max_tokens` (1024)"),
        ("refusal", "the model refused to answer"),
        ("model_context_window_exceeded", "longer than the model can read"),
        ("tired", "for the reason `tired`"),
    ] {
        let server = Server::start([Reply::stream(answer("Well", reason, 1))]).await;
        let world = World::with_claude_at(&server.url, None).await;
        let ran = world.run("claude_chat", json!({"prompt": "hi"})).await;
        let result = ran.result();
        assert_eq!((&result["response"], &result["stop_reason"]), (&json!("Well"), &json!(reason)));
        assert!(result["notice"].as_str().unwrap().contains(said), "{result}");
    }
}
