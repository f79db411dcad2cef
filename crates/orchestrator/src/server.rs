//! Listening: TCP for users, a Unix socket for embedded workers.
//!
//! HTTP/1.1 on hyper itself. What `axum::serve` would add (a boxed service per connection, HTTP/2 detection) is not
//! needed here, and connections that are slow or idle for ever have to end.

use std::{convert::Infallible, time::Duration};

use axum::body::Body;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, UnixListener},
};

use crate::frame::Site;

/// How long a client may take to send a request's head, and how long an idle connection is kept.
const HEAD_MAX: Duration = Duration::from_mins(1);
/// How long requests under way may take to end when the server stops.
pub(crate) const GRACE: Duration = Duration::from_secs(10);
/// After a failed accept, which means that something has run out: usually file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Whatever connections arrive at.
pub(crate) trait Listen: Send + 'static {
    type Connection: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    fn next(&mut self) -> impl Future<Output = std::io::Result<Self::Connection>> + Send;
}

impl Listen for TcpListener {
    type Connection = tokio::net::TcpStream;

    async fn next(&mut self) -> std::io::Result<Self::Connection> {
        let (connection, _) = self.accept().await?;
        // Answers are small and complete: waiting for more to send would only delay them.
        connection.set_nodelay(true)?;
        Ok(connection)
    }
}

impl Listen for UnixListener {
    type Connection = tokio::net::UnixStream;

    async fn next(&mut self) -> std::io::Result<Self::Connection> {
        Ok(self.accept().await?.0)
    }
}

/// Answers until the site stops, then lets requests under way end.
pub(crate) async fn serve(mut listener: impl Listen, site: Site) {
    let connections = GracefulShutdown::new();
    let stopping = site.app().stopping.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.next() => accepted,
            () = stopping.cancelled() => break,
        };
        match accepted {
            Ok(connection) => spawn(connection, &connections, site.clone()),
            Err(error) => {
                tracing::warn!(%error, "A connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(GRACE, connections.shutdown()).await.is_err() {
        tracing::warn!("Some requests did not end in time and were cut off");
    }
}

fn spawn(
    connection: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    connections: &GracefulShutdown,
    site: Site,
) {
    let service = service_fn(move |request: http::Request<Incoming>| {
        let site = site.clone();
        async move { Ok::<_, Infallible>(site.answer(request.map(Body::new)).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_MAX)
        .serve_connection(TokioIo::new(connection), service);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "A connection ended badly");
        }
    });
}
