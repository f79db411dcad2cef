//! A server that accepts everything and does nothing.

use std::{io::Write, net::SocketAddr, process::Command};

use anyhow::Context;
use axum::{Router, body::Bytes, http::StatusCode, routing::post};

use crate::bench::{Bed, companion::Companion};

/// The server, in a process of its own.
pub(in crate::bench) struct Floor {
    _process: Companion,
    pub(in crate::bench) address: SocketAddr,
}

impl Floor {
    pub(in crate::bench) fn start(bed: &Bed) -> anyhow::Result<Self> {
        let mut command = Command::new(bed.programs.xtask());
        let (process, line) = Companion::start(command.arg("bench-floor"))?;
        Ok(Self { _process: process, address: line.parse().context("the floor's address")? })
    }
}

/// Prints its address and serves until it is killed.
pub(in crate::bench) fn serve() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let mut output = std::io::stdout();
        writeln!(output, "{}", listener.local_addr()?)?;
        output.flush()?;
        let router = Router::new().route("/jobs", post(accept));
        axum::serve(axum::serve::ListenerExt::tap_io(listener, no_delay), router).await?;
        Ok(())
    })
}

fn no_delay(stream: &mut tokio::net::TcpStream) {
    let _ = stream.set_nodelay(true);
}

async fn accept(_body: Bytes) -> StatusCode {
    StatusCode::ACCEPTED
}
