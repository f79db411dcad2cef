//! Where an orchestrator listens for its workers.

use std::{fmt, path::PathBuf, str::FromStr};

/// `unix:/path/to/socket` or `http://host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkAddress {
    Unix(PathBuf),
    /// Host and port, as in a `Host` header.
    Tcp(String),
}

/// The text is no such address.
#[derive(Debug, PartialEq, Eq)]
pub struct AddressError;

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a link is `unix:/path/to/socket` or `http://host:port`")
    }
}

impl std::error::Error for AddressError {}

impl FromStr for LinkAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.starts_with('/') {
                Ok(Self::Unix(path.into()))
            } else {
                Err(AddressError)
            };
        }
        let authority = text.strip_prefix("http://").ok_or(AddressError)?.trim_end_matches('/');
        let parsed: hyper::http::uri::Authority = authority.parse().map_err(|_| AddressError)?;
        match parsed.port_u16() {
            Some(_) if !authority.contains('@') => Ok(Self::Tcp(authority.to_owned())),
            _ => Err(AddressError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_are_read_and_all_else_is_refused() {
        assert_eq!("unix:/run/w.sock".parse(), Ok(LinkAddress::Unix("/run/w.sock".into())));
        assert_eq!("http://[::1]:80/".parse(), Ok(LinkAddress::Tcp("[::1]:80".into())));
        for text in ["", "unix:w.sock", "https://a:1", "http://a", "http://a:1/b", "http://u@a:1"] {
            assert_eq!(text.parse::<LinkAddress>(), Err(AddressError), "{text}");
        }
    }
}
