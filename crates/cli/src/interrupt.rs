//! Ctrl-C, and SIGTERM from who cannot press it: the first asks, the second leaves at once.

use std::{io, process};

use tokio::signal::unix::{SignalKind, signal};

use crate::exit::Exit;

/// Waits to be interrupted. From then on another time ends the program.
pub(crate) async fn first() {
    if interrupted().await.is_err() {
        // Without a way to hear it there is nothing to wait for.
        std::future::pending::<()>().await;
    }
    tokio::spawn(async {
        if interrupted().await.is_ok() {
            process::exit(i32::from(Exit::Interrupted as u8));
        }
    });
}

async fn interrupted() -> io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        heard = tokio::signal::ctrl_c() => heard,
        _ = terminated.recv() => Ok(()),
    }
}
