//! Kept connections to one address.

use std::{sync::Mutex, time::Duration};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, StatusCode,
    body::Bytes,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    time::timeout,
};

use super::LinkAddress;

const CONNECT_MAX: Duration = Duration::from_secs(5);
/// A large artifact on a busy disk takes its time; a silent peer shall not take for ever.
const ANSWER_MAX: Duration = Duration::from_mins(1);

type Sender = SendRequest<Full<Bytes>>;

/// A whole answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

impl Answer {
    /// What a problem says, or whatever there is instead.
    pub(super) fn detail(&self) -> String {
        let problem: Option<serde_json::Value> = serde_json::from_slice(&self.body).ok();
        let said = problem.as_ref().and_then(|problem| {
            ["detail", "title"].iter().find_map(|field| problem.get(field)?.as_str())
        });
        said.map_or_else(
            || String::from_utf8_lossy(&self.body).chars().take(200).collect(),
            str::to_owned,
        )
    }
}

/// As many connections as there are requests at the same time; those not in use wait here.
pub(super) struct Connections {
    address: LinkAddress,
    idle: Mutex<Vec<Sender>>,
}

impl Connections {
    pub(super) fn new(address: LinkAddress) -> Self {
        Self { address, idle: Mutex::new(Vec::new()) }
    }

    pub(super) fn host(&self) -> &str {
        match &self.address {
            LinkAddress::Unix(_) => "localhost",
            LinkAddress::Tcp(authority) => authority,
        }
    }

    /// Asks, and asks once more over a new connection if a kept one turns out to be closed.
    pub(super) async fn ask(
        &self,
        request: impl Fn() -> Request<Full<Bytes>>,
    ) -> Result<Answer, String> {
        if let Some(kept) = self.kept()
            && let Ok(answer) = self.exchange(kept, request()).await
        {
            return Ok(answer);
        }
        let sender = self.open_in_time().await?;
        self.exchange(sender, request()).await
    }

    /// Opens a connection for the first request, if that can be done now.
    pub(super) async fn open_ahead(&self) {
        if let Ok(sender) = self.open_in_time().await {
            self.keep(sender);
        }
    }

    /// The folder that the orchestrators' socket stands in has been removed: no orchestrator will ever listen here.
    pub(super) fn is_gone(&self) -> bool {
        match &self.address {
            LinkAddress::Unix(path) => path.parent().is_some_and(|folder| !folder.exists()),
            LinkAddress::Tcp(_) => false,
        }
    }

    fn kept(&self) -> Option<Sender> {
        let mut idle = self.idle.lock().expect("nothing panics while it is held");
        std::iter::from_fn(|| idle.pop()).find(|sender| !sender.is_closed())
    }

    async fn exchange(
        &self,
        mut sender: Sender,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, String> {
        let answer = timeout(ANSWER_MAX, async {
            sender.ready().await?;
            let (head, body) = sender.send_request(request).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok::<_, hyper::Error>(Answer { status: head.status, body })
        });
        let answer = answer.await.map_err(|_| "no answer in time".to_owned())?;
        let answer = answer.map_err(|error| error.to_string())?;
        self.keep(sender);
        Ok(answer)
    }

    fn keep(&self, sender: Sender) {
        self.idle.lock().expect("nothing panics while it is held").push(sender);
    }

    async fn open_in_time(&self) -> Result<Sender, String> {
        let opened = timeout(CONNECT_MAX, self.open()).await;
        opened.map_err(|_| "connecting takes too long".to_owned())?
    }

    async fn open(&self) -> Result<Sender, String> {
        let cannot = |error: std::io::Error| format!("cannot connect: {error}");
        match &self.address {
            LinkAddress::Unix(path) => {
                shake_hands(UnixStream::connect(path).await.map_err(cannot)?).await
            }
            LinkAddress::Tcp(authority) => {
                let stream = TcpStream::connect(authority).await.map_err(cannot)?;
                stream.set_nodelay(true).map_err(cannot)?;
                shake_hands(stream).await
            }
        }
    }
}

async fn shake_hands<S>(stream: S) -> Result<Sender, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let shaken = http1::handshake(TokioIo::new(stream)).await;
    let (sender, connection) = shaken.map_err(|error| error.to_string())?;
    // It ends with the sender, or when the peer closes; the next request hears of either.
    tokio::spawn(connection);
    Ok(sender)
}
