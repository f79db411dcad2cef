//! MCP servers that are programs: a good one, and many bad ones.

use std::time::{Duration, Instant};

use agent_runner_domain::{event::LogStream, job::Failure};
use serde_json::{Value, json};

use super::{agent, call, end, once, play};
use crate::{
    command::{alive, nothing_is_left},
    process::Worker,
};

/// A server in a few lines of shell. `$1` is what it does when its tool is called.
const SERVER: &str = r#"
say() { printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$1"; }
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  case $line in
    *'"initialize"'*) say '{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"sh","version":"1"}}' ;;
    *'"tools/list"'*) say '{"tools":[{"name":"hello","description":"says hello","inputSchema":{"type":"object","properties":{"name":{"type":"string"}}}}]}' ;;
    *'"tools/call"'*) eval "$1" ;;
  esac
done
"#;

const HELLO: &str = r#"say '{"content":[{"type":"text","text":"hello '"$GREETING"'"}]}'"#;

fn server(when_called: &str) -> Value {
    json!([{"mcp": "sh", "command": "sh", "args": ["-c", SERVER, "server", when_called]}])
}

/// A server that does this instead of speaking.
fn program(script: &str) -> Value {
    json!([{"mcp": "sh", "command": "sh", "args": ["-c", script], "start_seconds": 2}])
}

async fn hello(tools: Value) -> (String, bool) {
    once(tools, call("sh_hello", json!({"name": "Ada"}))).await
}

/// Of a job that cannot begin.
async fn failure(tools: Value) -> Failure {
    let site = play(agent(tools), vec![]).await;
    let failure = site.failure().await;
    nothing_is_left(&site.gateway).await;
    assert_eq!(site.simulator.world().paid(), 0);
    failure
}

#[tokio::test]
async fn a_tool_of_a_program_is_the_models() {
    let mut tools = server(HELLO);
    tools[0]["secret_env"] = json!({"GREETING": "{greeting}"});
    let site = play(agent(tools), vec![call("sh_hello", json!({})), end()]).await;
    site.gateway.set("AGENT_RUNNER_SECRET_GREETING", "from a secret");
    let result = site.result().await;
    // It was sent, and is not shown.
    assert_eq!(result["tool_calls"][0]["output"], "hello [secret]");
    nothing_is_left(&site.gateway).await;
}

#[tokio::test]
async fn a_server_ends_with_its_worker_however_that_ends() {
    let site = play(agent(server("exec sleep 66")), vec![call("sh_hello", json!({})), end()]).await;
    let mut worker = Worker::start(&site.gateway);
    site.gateway.until(|heard| (super::tool_calls(heard) == 1).then_some(())).await;
    assert!(alive(&site.gateway).len() >= 2);
    worker.kill();
    worker.end().await;
    super::no_program_is_left(&site.gateway).await;
}

#[tokio::test]
async fn a_server_that_is_not_there_or_does_not_speak_is_the_cause_of_the_jobs_end() {
    let missing = json!([{"mcp": "x", "command": "no-such-program"}]);
    let said = failure(missing).await.message;
    assert!(said.contains("there is no executable `no-such-program`"), "{said}");
    let mut tools = program("echo no licence for $KEY >&2; exit 7");
    tools[0]["secret_env"] = json!({"KEY": "{key}"});
    let site = play(agent(tools), vec![]).await;
    site.gateway.set("AGENT_RUNNER_SECRET_KEY", "key-123456");
    let said = site.failure().await.message;
    assert!(said.contains("no licence for [secret]"), "{said}");
    let said = failure(program("echo no licence >&2; exit 7")).await.message;
    assert!(said.contains("exit status: 7") && said.contains("no licence"), "{said}");
    let begin = Instant::now();
    let said = failure(program("sleep 67")).await.message;
    assert!(said.contains("within 2 seconds"), "{said}");
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_server_that_talks_nonsense_is_quoted() {
    let said = failure(program("echo 'Welcome to my server!'; exit 0")).await.message;
    assert!(said.contains("Welcome to my server!"), "{said}");
    let said = failure(program("tr -d '\\n' < /dev/zero | tr '\\0' x")).await.message;
    assert!(said.contains("message of more than 8388608 bytes"), "{said}");
    // Lines that are no messages do no harm where messages come, too.
    let noisy = format!("echo starting; {SERVER}");
    let tools = json!([{"mcp": "sh", "command": "sh", "args": ["-c", noisy, "server", HELLO]}]);
    assert_eq!(hello(tools).await, ("hello ".to_owned(), false));
}

#[tokio::test]
async fn what_a_server_does_in_a_call_is_told_to_the_model() {
    let (told, is_error) = hello(server("echo out of paper >&2; exit 9")).await;
    assert!(is_error && told.contains("exit status: 9") && told.contains("out of paper"), "{told}");
    let error = r#"printf '{"jsonrpc":"2.0","id":%s,"error":{"code":-32602,"message":"no such name"}}\n' "$id""#;
    let (told, is_error) = hello(server(error)).await;
    assert!(is_error && told.contains("no such name"), "{told}");
    let (told, is_error) = hello(server(r#"say '{"content":"wrong"}'"#)).await;
    assert!(is_error, "{told}");
    let huge = r#"printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"' "$id"; yes x | head -c 6000000 | tr -d '\n'; echo '"}]}}'"#;
    let (told, is_error) = hello(server(huge)).await;
    assert!(!is_error && told.len() < 61_000, "{}", told.len());
    let (told, is_error) = hello(server(&huge.replace("6000000", "20000000"))).await;
    assert!(is_error && told.contains("a message of more than 8388608 bytes"), "{told}");
    let endless = r#"yes '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}' | head -n 20000; say '{"content":[]}'"#;
    assert_eq!(hello(server(endless)).await, ("(no output)".to_owned(), false));
}

#[tokio::test]
async fn a_server_that_hangs_in_a_call_costs_no_more_than_the_time_of_one() {
    let mut payload = agent(server("sleep 68"));
    payload["max_tool_seconds"] = json!(1);
    let again = call("sh_hello", json!({}));
    let site = play(payload, vec![again.clone(), again, end()]).await;
    let result = site.result().await;
    for (told, is_error) in super::outputs(&result) {
        assert!(is_error && told.contains("longer than 1 seconds"), "{told}");
    }
    nothing_is_left(&site.gateway).await;
}

#[tokio::test]
async fn a_tool_with_a_broken_schema_is_left_out_and_said_to_be() {
    let broken = SERVER.replace(r#""type":"string""#, r#""type":"strnig""#);
    let tools = json!([{"mcp": "sh", "command": "sh", "args": ["-c", broken, "server", HELLO]}]);
    let site = play(agent(tools), vec![end()]).await;
    site.run().await;
    let line =
        site.gateway.line(LogStream::Worker, |line| line.contains("`hello` is left out")).await;
    assert!(line.contains("strnig"), "{line}");
}
