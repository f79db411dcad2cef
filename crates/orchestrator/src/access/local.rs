//! Without keys, whoever reaches the server may do everything. Only this machine's users reach a loopback address,
//! but a web page in their browser is no user: it must not drive the server, neither across sites (`Origin`)
//! nor by a name that it lets point here (`Host`, DNS rebinding).

use std::net::IpAddr;

use agent_runner_api_types::ProblemCode;
use http::{HeaderName, header, request::Parts, uri::Authority};

use crate::error::ApiError;

pub(super) fn check(parts: &Parts) -> Result<(), ApiError> {
    let host = authority(parts)?;
    if !is_loopback(host.host()) {
        let detail =
            format!("the request is for {:?}, which is not this machine's own name", host.host());
        return Err(ApiError::new(ProblemCode::HostNotAllowed, detail).fix(
            "Call the server as 127.0.0.1, [::1] or localhost; with API keys every name is served.",
        ));
    }
    match text(parts, &header::ORIGIN)? {
        Some(origin) if !same_origin(origin, &host) => {
            let detail = format!("a page of {origin:?} made the request");
            Err(ApiError::new(ProblemCode::OriginNotAllowed, detail)
                .fix("Call the server from its own pages or from a program; with API keys there is no such limit."))
        }
        _ => Ok(()),
    }
}

/// Where the request was sent to: the request line has the last word, as in RFC 9112.
fn authority(parts: &Parts) -> Result<Authority, ApiError> {
    if let Some(authority) = parts.uri.authority() {
        return Ok(authority.clone());
    }
    let missing = || {
        ApiError::new(ProblemCode::HostNotAllowed, "the request does not say which host it is for")
            .fix("Send a Host header such as 127.0.0.1:8000.")
    };
    if parts.headers.get_all(header::HOST).iter().count() > 1 {
        return Err(missing());
    }
    let host = text(parts, &header::HOST)?.ok_or_else(missing)?;
    host.parse().map_err(|_| missing())
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<IpAddr>();
    address.is_ok_and(|address| address.is_loopback()) || host.eq_ignore_ascii_case("localhost")
}

fn same_origin(origin: &str, host: &Authority) -> bool {
    let rest = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    rest.is_some_and(|rest| rest.eq_ignore_ascii_case(host.as_str()))
}

fn text<'a>(parts: &'a Parts, name: &HeaderName) -> Result<Option<&'a str>, ApiError> {
    let Some(value) = parts.headers.get(name) else { return Ok(None) };
    let wrong = || ApiError::parameter(name.as_str(), "plain ASCII is wanted");
    value.to_str().map(Some).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn verdict(headers: &[(&str, &str)]) -> Option<String> {
        let mut request = Request::get("/jobs");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        check(&parts).err().map(|error| error.problem.code)
    }

    #[test]
    fn only_this_machines_names_are_served() {
        for host in ["127.0.0.1:8000", "localhost", "LOCALHOST:80", "[::1]:8000", "127.8.8.8"] {
            assert_eq!(verdict(&[("host", host)]), None, "{host}");
        }
        for host in
            ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "localhost.evil.example", ""]
        {
            assert_eq!(verdict(&[("host", host)]).as_deref(), Some("host_not_allowed"), "{host}");
        }
        assert_eq!(verdict(&[]).as_deref(), Some("host_not_allowed"));
        let twice = [("host", "localhost"), ("host", "evil.example")];
        assert_eq!(verdict(&twice).as_deref(), Some("host_not_allowed"));
    }

    #[test]
    fn pages_of_other_origins_are_refused() {
        let host = ("host", "127.0.0.1:8000");
        assert_eq!(verdict(&[host, ("origin", "http://127.0.0.1:8000")]), None);
        for origin in
            ["https://evil.example", "null", "http://127.0.0.1:3000", "http://localhost:8000"]
        {
            let code = verdict(&[host, ("origin", origin)]);
            assert_eq!(code.as_deref(), Some("origin_not_allowed"), "{origin}");
        }
    }
}
