//! Reading callback URLs.

use std::net::IpAddr;

use agent_runner_domain::address;
use url::{Host, Url};

/// The longest URL that is taken.
pub const URL_BYTES_MAX: usize = 2_048;

/// The URL if a callback may be sent to it, as far as its text tells; names are looked up when it is sent.
///
/// # Errors
/// A sentence with what is wrong and what would be right.
pub fn callback_url(text: &str, allow_private: bool) -> Result<Url, String> {
    if text.len() > URL_BYTES_MAX {
        return Err(format!("a URL of at most {URL_BYTES_MAX} bytes is wanted"));
    }
    let wanted = "an absolute URL such as https://example.com/hook is wanted";
    let url = Url::parse(text).map_err(|error| format!("{wanted}: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{wanted}: only http and https are called"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL without user name and password is wanted".to_owned());
    }
    if !allow_private && leads_home(&url) {
        return Err(
            "a URL on the public internet is wanted, not a private, loopback or metadata address; \
                    the operator may allow them with --allow-private-callbacks"
                .to_owned(),
        );
    }
    Ok(url)
}

fn leads_home(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => !address::is_public(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => !address::is_public(IpAddr::V6(address)),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_refused_in_every_spelling() {
        let urls = [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::1]:8000/",
            "http://[::ffff:10.0.0.1]/",
            "http://169.254.169.254/latest",
            "http://localhost:9/",
            "http://a.localhost./",
            "http://192.168.0.1/",
        ];
        for url in urls {
            assert!(callback_url(url, false).is_err(), "{url}");
            assert!(callback_url(url, true).is_ok(), "{url}");
        }
        assert!(callback_url("https://example.com/hook?x=1", false).is_ok());
    }

    #[test]
    fn other_things_are_no_callback_urls() {
        for url in ["", "hook", "ftp://example.com/", "https://me:pw@example.com/", "https://"] {
            assert!(callback_url(url, true).is_err(), "{url}");
        }
    }
}
