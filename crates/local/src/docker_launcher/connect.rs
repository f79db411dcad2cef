//! Finding the daemon, and finding out whether it can be used.

use std::{
    io,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
};

use bollard::{API_DEFAULT_VERSION, Docker, errors::Error};
use rustix::process::{getegid, geteuid};

/// A daemon that takes longer for one answer is as good as gone.
const ANSWER_SECONDS_MAX: u64 = 60;
/// Whom workers run as when their orchestrator is root, which they should not be.
const NOBODY: &str = "65532:65532";

/// Why no workers can be started. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum DockerError {
    #[error("there is no Docker socket at {}: start Docker, or name its socket with --docker-socket", .0.display())]
    NoSocket(PathBuf),
    #[error("the Docker socket {} must not be used by this user: join its group (`usermod -aG docker USER`, then log in again), or name that of a rootless daemon with --docker-socket", .0.display())]
    NoPermission(PathBuf),
    #[error("nobody listens at the Docker socket {}: start Docker (`systemctl start docker`)", .0.display())]
    NobodyListens(PathBuf),
    #[error("the Docker socket {} cannot be used: {}", .0.display(), .1)]
    Unusable(PathBuf, #[source] io::Error),
    #[error(
        "the worker image `{0}` is not on this machine: make it with scripts/build-images, fetch it with `docker pull {0}`, or name another with --worker-image"
    )]
    NoImage(String),
    #[error("Docker refused: {0}")]
    Refused(#[from] Error),
}

pub(super) async fn connect(socket: &Path) -> Result<Docker, DockerError> {
    // The client would only say that it could not connect.
    UnixStream::connect(socket).map_err(|error| unusable(socket, error))?;
    let path = socket.to_string_lossy();
    let docker = Docker::connect_with_unix(&path, ANSWER_SECONDS_MAX, API_DEFAULT_VERSION)?;
    Ok(docker.negotiate_version().await?)
}

fn unusable(socket: &Path, error: io::Error) -> DockerError {
    let socket = socket.to_owned();
    match error.kind() {
        io::ErrorKind::NotFound => DockerError::NoSocket(socket),
        io::ErrorKind::PermissionDenied => DockerError::NoPermission(socket),
        io::ErrorKind::ConnectionRefused => DockerError::NobodyListens(socket),
        _ => DockerError::Unusable(socket, error),
    }
}

pub(super) async fn check_image(docker: &Docker, image: &str) -> Result<(), DockerError> {
    match docker.inspect_image(image).await {
        Ok(_) => Ok(()),
        Err(error) if is_missing(&error) => Err(DockerError::NoImage(image.to_owned())),
        Err(error) => Err(error.into()),
    }
}

/// Somebody who may use the orchestrator's socket, and not root on this machine.
pub(super) async fn worker_user(docker: &Docker) -> Result<String, DockerError> {
    let options = docker.info().await?.security_options.unwrap_or_default();
    let rootless = options.iter().any(|option| option.contains("rootless"));
    Ok(user(rootless, geteuid().as_raw(), getegid().as_raw()))
}

/// The root of a rootless daemon's containers is, outside of them, the user who runs the daemon.
fn user(rootless: bool, uid: u32, gid: u32) -> String {
    match (rootless, uid) {
        (true, _) => "0:0".to_owned(),
        (false, 0) => NOBODY.to_owned(),
        (false, uid) => format!("{uid}:{gid}"),
    }
}

pub(super) fn is_missing(error: &Error) -> bool {
    status(error) == Some(404)
}

/// The daemon's answer, where it gave one.
pub(super) fn status(error: &Error) -> Option<u16> {
    match error {
        Error::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_are_never_root_of_this_machine() {
        assert_eq!(user(false, 0, 0), NOBODY);
        assert_eq!(user(false, 1000, 100), "1000:100");
        assert_eq!(user(true, 1000, 100), "0:0");
    }

    #[tokio::test]
    async fn a_missing_and_a_deserted_socket_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("docker.sock");
        let error = connect(&socket).await.unwrap_err();
        assert!(matches!(error, DockerError::NoSocket(_)), "{error}");
        drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
        let error = connect(&socket).await.unwrap_err();
        assert!(matches!(error, DockerError::NobodyListens(_)), "{error}");
        assert!(error.to_string().contains(socket.to_str().unwrap()));
    }
}
