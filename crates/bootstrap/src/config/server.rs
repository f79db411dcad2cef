//! Where the API is, and who may use it.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context;

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Server")]
pub struct ServerArgs {
    /// Address and port of the API; port 0 is any free one. Without API keys only loopback addresses.
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        env = "AGENT_RUNNER_LISTEN",
        default_value = "127.0.0.1:8000",
        value_parser = address,
    )]
    pub listen: SocketAddr,
    /// File of the API keys that may be used; `agent-runner keys new` prints entries for it.
    #[arg(long, value_name = "FILE", env = "AGENT_RUNNER_API_KEYS")]
    pub api_keys: Option<PathBuf>,
}

/// Names are looked up nowhere: what is listened on should not depend on a name server. But all know this one.
fn address(text: &str) -> Result<SocketAddr, String> {
    let number = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    let wanted =
        "an IP address and a port are wanted, such as 127.0.0.1:8000, 0.0.0.0:80 or [::1]:8000";
    number.parse().map_err(|_| wanted.to_owned())
}

/// The address must not be served.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0} can be reached from other machines, which needs API keys: give --api-keys FILE (`agent-runner keys new` makes keys){1}, or listen on 127.0.0.1"
)]
pub struct ListenError(SocketAddr, String);

impl ServerArgs {
    pub(super) fn embedded() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 0)), api_keys: None }
    }

    /// `elsewhere` says where keys may be kept besides a file.
    ///
    /// # Errors
    /// When everybody could reach a server without keys.
    pub fn validate(&self, has_keys: bool, elsewhere: &str) -> Result<(), ListenError> {
        if !has_keys && !self.listen.ip().is_loopback() {
            return Err(ListenError(self.listen, elsewhere.to_owned()));
        }
        Ok(())
    }

    /// The text of the key file and its name, if one was configured.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn key_file(&self) -> anyhow::Result<Option<(String, &Path)>> {
        let Some(path) = &self.api_keys else { return Ok(None) };
        let text = fs::read_to_string(path)
            .with_context(|| format!("the key file {} cannot be read", path.display()))?;
        Ok(Some((text, path)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_keys_only_loopback_is_served() {
        let mut args = ServerArgs::embedded();
        assert!(args.validate(false, "").is_ok());
        args.listen = "0.0.0.0:8000".parse().unwrap();
        let refused = args.validate(false, ", or keep them in X").unwrap_err().to_string();
        assert!(refused.contains("--api-keys") && refused.contains("in X"), "{refused}");
        assert!(args.validate(true, "").is_ok());
    }

    #[test]
    fn an_address_is_a_number_and_a_port() {
        assert_eq!(address("localhost:80").unwrap(), SocketAddr::from(([127, 0, 0, 1], 80)));
        assert!(address("[::1]:8000").is_ok());
        for wrong in ["", "8000", "localhost", "example.com:80", "127.0.0.1"] {
            assert!(address(wrong).unwrap_err().contains("127.0.0.1:8000"), "{wrong}");
        }
    }
}
