//! A server that answers its connections one after the other, with the bytes it was given.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use agent_runner_llm::{Anthropic, Auth, Dialect, Key, OpenAi, Options, RetryPolicy, TimeLimits};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const KEY: &str = "sk-ant-very-secret";

/// One answer: bytes and pauses, then the connection ends.
#[derive(Clone, Default)]
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

    /// A stream without a length: how it ends is how the connection ends.
    pub(crate) fn stream(body: impl AsRef<[u8]>) -> Self {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nrequest-id: req_s\r\nconnection: close\r\n\r\n";
        Self::bytes([head.as_bytes(), body.as_ref()].concat())
    }

    pub(crate) fn then(mut self, pause: Duration, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.push((pause, bytes.into()));
        self
    }
}

/// A request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) head: String,
    pub(crate) body: Value,
}

pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let replies: VecDeque<Reply> = replies.into_iter().collect();
        tokio::spawn(serve(listener, replies, asked.clone()));
        Self { url, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn anthropic(&self) -> Anthropic {
        self.anthropic_with(quick())
    }

    pub(crate) fn anthropic_with(&self, options: Options) -> Anthropic {
        Anthropic::new("anthropic", &self.url, Auth::ApiKey(Key::new(KEY)), options).unwrap()
    }

    pub(crate) fn openai(&self, dialect: Dialect) -> OpenAi {
        let base = format!("{}/v1/", self.url);
        OpenAi::new("openai", &base, dialect, Auth::Bearer(Key::new(KEY)), quick()).unwrap()
    }
}

/// Limits that a test can wait for.
pub(crate) fn quick() -> Options {
    let limits = TimeLimits {
        connect: Duration::from_secs(2),
        first_byte: Duration::from_secs(2),
        idle: Duration::from_millis(300),
    };
    Options { limits, ..Options::default() }
}

pub(crate) fn no_retries() -> Options {
    Options { retry: RetryPolicy { retries_max: 0, ..RetryPolicy::default() }, ..quick() }
}

async fn serve(listener: TcpListener, mut replies: VecDeque<Reply>, asked: Arc<Mutex<Vec<Asked>>>) {
    while let Some(reply) = replies.pop_front() {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = read(&mut stream).await;
        asked.lock().unwrap().push(request);
        for (pause, bytes) in reply.0 {
            tokio::time::sleep(pause).await;
            if stream.write_all(&bytes).await.is_err() {
                break;
            }
        }
        let _ = stream.shutdown().await;
    }
}

async fn read(stream: &mut TcpStream) -> Asked {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0);
            if body.len() >= length {
                let body = serde_json::from_str(body).unwrap_or(Value::Null);
                return Asked { head: head.to_lowercase(), body };
            }
        }
        assert!(stream.read_buf(&mut bytes).await.unwrap() > 0, "the request broke off: {bytes:?}");
    }
}
