//! When to stop.

use tokio::signal::unix::{SignalKind, signal};

/// Returns when the process is asked to stop: SIGTERM, or SIGINT from a terminal. A second SIGINT ends it
/// at once, for whoever cannot wait.
///
/// # Errors
/// When signals cannot be listened to.
pub async fn requested() -> std::io::Result<()> {
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => tracing::info!("Asked to stop by SIGTERM"),
        _ = interrupt.recv() => tracing::info!("Asked to stop by SIGINT"),
    }
    tokio::spawn(async move {
        interrupt.recv().await;
        std::process::exit(130);
    });
    Ok(())
}
