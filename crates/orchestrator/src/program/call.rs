//! Asking the server that runs on this machine, for a container that has no shell and no curl.

use std::{
    io::{self, Read},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use agent_runner_api_types::Problem;
use anyhow::{Context, anyhow, bail};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

/// Longer than any one request is made to wait for its job.
const ANSWER_MAX: Duration = Duration::from_mins(1);
/// A server that has not said by then that it lives does not.
const HEALTH_MAX: Duration = Duration::from_secs(4);

/// One request to the server of this machine.
#[derive(Debug, Clone, clap::Args)]
pub struct CallArgs {
    /// GET, POST, PATCH, PUT or DELETE.
    method: Method,
    /// The path with its query, such as /jobs or '/jobs?limit=5'.
    #[arg(value_parser = path)]
    path: Uri,
    /// What is sent, as JSON; `-` reads it from standard input.
    body: Option<String>,
    /// The body is given in base64, which nothing on the way splits into words.
    #[arg(long, requires = "body")]
    base64: bool,
    /// A header to send, such as 'Idempotency-Key: 17'; may be given again.
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = named)]
    headers: Vec<(HeaderName, HeaderValue)>,
    /// An API key, where the server wants one. The variable is the better way: others can read arguments.
    #[arg(long, value_name = "KEY", env = "AGENT_RUNNER_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// End with a line such as `HTTP 201`, for whoever sees neither the exit code nor standard error.
    #[arg(long)]
    pub with_status: bool,
}

/// What the server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Bytes,
}

impl Answer {
    /// For people, if the answer is no good one.
    #[must_use]
    pub fn complaint(&self) -> Option<String> {
        if self.status.is_success() {
            return None;
        }
        let problem = serde_json::from_slice(&self.body);
        let said = problem.map(|Problem { code, detail, fix, .. }| {
            let fix = fix.map(|fix| format!("\nfix: {fix}")).unwrap_or_default();
            format!(" ({code}): {detail}{fix}")
        });
        Some(format!("{}{}", self.status, said.unwrap_or_default()))
    }
}

/// Sends one request to the server that listens at `listen`.
///
/// # Errors
/// When no whole answer comes back, or there is no sense in asking.
pub async fn call(listen: SocketAddr, args: &CallArgs) -> anyhow::Result<Answer> {
    let address = own_address(listen)?;
    let mut request = Request::builder()
        .method(&args.method)
        .uri(&args.path)
        .header(header::HOST, address.to_string())
        .header(header::ACCEPT, "application/json");
    if args.body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    if let Some(key) = &args.api_key {
        let mut value = HeaderValue::try_from(format!("Bearer {key}"))
            .map_err(|_| anyhow!("an API key is one word of visible ASCII characters"))?;
        value.set_sensitive(true);
        request = request.header(header::AUTHORIZATION, value);
    }
    for (name, value) in &args.headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::from(body(args)?))?;
    in_time(address, request, ANSWER_MAX).await
}

/// Whether the server that listens at `listen` lives.
///
/// # Errors
/// What it does instead.
pub async fn health(listen: SocketAddr) -> anyhow::Result<()> {
    let address = own_address(listen)?;
    let request = Request::get("/healthz").header(header::HOST, address.to_string());
    let answer = in_time(address, request.body(Full::default())?, HEALTH_MAX).await?;
    answer.complaint().map_or(Ok(()), |complaint| Err(anyhow!(complaint)))
}

fn path(text: &str) -> Result<Uri, String> {
    let wanted = "a path such as /jobs or '/jobs?limit=5' is wanted";
    let uri = text.parse::<Uri>().ok().filter(|uri| uri.authority().is_none());
    uri.filter(|_| text.starts_with('/')).ok_or_else(|| wanted.to_owned())
}

fn named(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let pair = text.split_once(':').and_then(|(name, value)| {
        Some((name.trim().parse().ok()?, HeaderValue::try_from(value.trim()).ok()?))
    });
    pair.ok_or_else(|| "a header is written `Name: value`".to_owned())
}

fn body(args: &CallArgs) -> anyhow::Result<Bytes> {
    let text = match args.body.as_deref() {
        Some("-") => {
            let mut text = Vec::new();
            io::stdin().read_to_end(&mut text).context("standard input cannot be read")?;
            text
        }
        Some(text) => text.as_bytes().to_vec(),
        None => Vec::new(),
    };
    if !args.base64 {
        return Ok(text.into());
    }
    let decoded = BASE64_STANDARD.decode(text.trim_ascii());
    Ok(decoded.context("the body is no base64")?.into())
}

/// Whoever listens everywhere also listens here.
fn own_address(listen: SocketAddr) -> anyhow::Result<SocketAddr> {
    if listen.port() == 0 {
        bail!("port 0 is any port: give the one that the server has with --listen ADDRESS:PORT");
    }
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    Ok(SocketAddr::new(ip, listen.port()))
}

async fn in_time(
    address: SocketAddr,
    request: Request<Full<Bytes>>,
    patience: Duration,
) -> anyhow::Result<Answer> {
    let answer = timeout(patience, exchange(address, request)).await;
    answer.map_err(|_| anyhow!("{address} has not answered for {} s", patience.as_secs()))?
}

async fn exchange(address: SocketAddr, request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
    let stream = TcpStream::connect(address).await.with_context(|| {
        format!("no server can be reached at {address}; is it AGENT_RUNNER_LISTEN?")
    })?;
    let broken = || format!("{address} gives no whole answer");
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.with_context(broken)?;
    tokio::spawn(connection);
    let (head, body) = sender.send_request(request).await.with_context(broken)?.into_parts();
    let body = body.collect().await.with_context(broken)?.to_bytes();
    Ok(Answer { status: head.status, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_everywhere_is_asked_on_loopback() {
        let asked = |text: &str| own_address(text.parse().unwrap()).map(|it| it.to_string()).ok();
        assert_eq!(asked("0.0.0.0:8000").as_deref(), Some("127.0.0.1:8000"));
        assert_eq!(asked("[::]:80").as_deref(), Some("[::1]:80"));
        assert_eq!(asked("10.0.0.7:80").as_deref(), Some("10.0.0.7:80"));
        assert_eq!(asked("127.0.0.1:0"), None);
    }

    #[test]
    fn only_paths_and_headers_are_taken_for_such() {
        assert!(path("/jobs?limit=1").is_ok());
        for wrong in ["", "jobs", "http://evil/jobs", "//evil/jobs x"] {
            assert!(path(wrong).unwrap_err().contains("/jobs"), "{wrong}");
        }
        assert_eq!(named("A: b c").unwrap().1, "b c");
        for wrong in ["", "A", "a b: c", "a: b\nc"] {
            assert!(named(wrong).unwrap_err().contains("Name: value"), "{wrong}");
        }
    }
}
