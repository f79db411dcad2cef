//! Ctrl-C: the first asks, the second leaves at once.

use std::process;

use crate::exit::Exit;

/// Waits for Ctrl-C. From then on another one ends the program.
pub(crate) async fn first() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a way to hear it there is nothing to wait for.
        std::future::pending::<()>().await;
    }
    tokio::spawn(async {
        if tokio::signal::ctrl_c().await.is_ok() {
            process::exit(i32::from(Exit::Interrupted as u8));
        }
    });
}
