//! The log: sentences for people at a terminal, JSON for machines.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

/// What is logged unless `RUST_LOG` says otherwise.
const FILTER: &str = "info";
/// What lines look like: `json` or `text`. Left out, a terminal is written text to.
const FORMAT: &str = "AGENT_RUNNER_LOG_FORMAT";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Text,
}

/// Starts logging to standard error. Does nothing if somebody has done so before.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(FILTER));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    #[expect(clippy::disallowed_methods, reason = "the log begins before there is configuration")]
    let asked = std::env::var(FORMAT).ok();
    let terminal = io::stderr().is_terminal();
    let (format, unknown) = format(asked.as_deref(), terminal);
    let started = match format {
        Format::Text => log.with_ansi(terminal).with_target(false).try_init(),
        Format::Json => log.json().flatten_event(true).try_init(),
    };
    if let (Ok(()), Some(unknown)) = (started, unknown) {
        tracing::warn!("{FORMAT} is `{unknown}`: json or text is wanted");
    }
}

/// Which it is, and what was asked for in vain: a log is no reason not to start.
fn format(asked: Option<&str>, terminal: bool) -> (Format, Option<&str>) {
    let usual = if terminal { Format::Text } else { Format::Json };
    match asked {
        None | Some("") => (usual, None),
        Some("json") => (Format::Json, None),
        Some("text") => (Format::Text, None),
        unknown => (usual, unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_get_json_unless_something_else_is_asked_for() {
        assert_eq!(format(None, false), (Format::Json, None));
        assert_eq!(format(Some(""), true), (Format::Text, None));
        assert_eq!(format(Some("json"), true), (Format::Json, None));
        assert_eq!(format(Some("text"), false), (Format::Text, None));
        assert_eq!(format(Some("xml"), false), (Format::Json, Some("xml")));
    }
}
