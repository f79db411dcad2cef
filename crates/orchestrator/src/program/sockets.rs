//! Taking the addresses to listen at.

use std::{fs, io, net::SocketAddr, path::Path};

use anyhow::{Context, anyhow};
use tokio::net::{TcpListener, UnixListener};

pub(super) async fn tcp(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => anyhow!(
            "{address} is taken by another program: stop it, or choose another port with --listen ADDRESS:PORT"
        ),
        io::ErrorKind::PermissionDenied => anyhow!(
            "{address} must not be used by this user: choose a port above 1023 with --listen ADDRESS:PORT"
        ),
        io::ErrorKind::AddrNotAvailable => {
            anyhow!("{} is no address of this machine: choose another with --listen ADDRESS:PORT", address.ip())
        }
        _ => anyhow!(error).context(format!("{address} cannot be listened at")),
    })
}

/// Whoever owns the data folder owns the socket: what lies there was left by an orchestrator that is gone.
pub(super) fn unix(path: &Path, mode: u32) -> anyhow::Result<UnixListener> {
    let failed = || format!("the socket for workers {} cannot be made", path.display());
    remove(path);
    let listener = UnixListener::bind(path).with_context(failed)?;
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
    fs::set_permissions(path, permissions).with_context(failed)?;
    Ok(listener)
}

/// Workers that find no socket wait for the next orchestrator.
pub(super) fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}
