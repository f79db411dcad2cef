//! A server that answers its connections one after the other, with the bytes it was given.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// One answer: bytes and pauses, then the connection ends.
#[derive(Clone)]
pub(crate) struct Reply(Vec<(Duration, Vec<u8>)>);

impl Reply {
    pub(crate) fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(vec![(Duration::ZERO, bytes.into())])
    }

    pub(crate) fn json(status: u16, headers: &str, body: &str) -> Self {
        let length = body.len();
        Self::bytes(format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
        ))
    }

    pub(crate) fn refusal(status: u16, kind: &str, message: &str) -> Self {
        let body = serde_json::json!({"type": "error", "request_id": "req_1",
            "error": {"type": kind, "message": message}});
        Self::json(status, "retry-after-ms: 1\r\n", &body.to_string())
    }

    /// A stream without a length: how it ends is how the connection ends.
    pub(crate) fn stream(body: impl AsRef<[u8]>) -> Self {
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        Self::bytes([head.as_bytes(), body.as_ref()].concat())
    }

    pub(crate) fn then(mut self, pause: Duration, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.push((pause, bytes.into()));
        self
    }
}

pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Server {
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::default();
        let replies: VecDeque<Reply> = replies.into_iter().collect();
        tokio::spawn(serve(listener, replies, Arc::clone(&asked)));
        Self { url, asked }
    }

    /// The bodies of all requests so far; null for those without one.
    pub(crate) fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(listener: TcpListener, mut replies: VecDeque<Reply>, asked: Arc<Mutex<Vec<Value>>>) {
    while let Some(reply) = replies.pop_front() {
        let (mut stream, _) = listener.accept().await.unwrap();
        let asked = Arc::clone(&asked);
        tokio::spawn(async move {
            let body = read(&mut stream).await;
            asked.lock().unwrap().push(body);
            for (pause, bytes) in reply.0 {
                tokio::time::sleep(pause).await;
                if stream.write_all(&bytes).await.is_err() {
                    break;
                }
            }
            let _ = stream.shutdown().await;
        });
    }
}

async fn read(stream: &mut TcpStream) -> Value {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0);
            if body.len() >= length {
                return serde_json::from_str(body).unwrap_or(Value::Null);
            }
        }
        assert!(stream.read_buf(&mut bytes).await.unwrap() > 0, "the request broke off");
    }
}

/// A whole answer of Anthropic's, streamed: 7 tokens asked, `tokens` answered.
pub(crate) fn answer(text: &str, stop_reason: &str, tokens: u64) -> String {
    let text = Value::from(text);
    [
        r#"{"type":"message_start","message":{"id":"m","model":"claude-sonnet-5-5","content":[],"usage":{"input_tokens":7,"output_tokens":1}}}"#.to_owned(),
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#.to_owned(),
        format!(r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":{text}}}}}"#),
        r#"{"type":"content_block_stop","index":0}"#.to_owned(),
        format!(r#"{{"type":"message_delta","delta":{{"stop_reason":"{stop_reason}"}},"usage":{{"output_tokens":{tokens}}}}}"#),
        r#"{"type":"message_stop"}"#.to_owned(),
    ]
    .map(|data| format!("data: {data}\n\n"))
    .concat()
}
