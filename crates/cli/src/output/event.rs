//! An entry of a job's log as a person reads it.

use agent_runner_api_types::{EventDetail, EventView};
use agent_runner_domain::{Timestamp, event::LogStream};
use console::style;

use super::{job, work};

/// Time, label and text; `None` for kinds that this version does not know.
pub(crate) fn line(event: &EventView) -> Option<String> {
    let (label, text) = parts(&event.detail)?;
    Some(head(event.at, label) + &text)
}

/// What stands before the text of an entry.
pub(crate) fn head(at: Timestamp, label: &str) -> String {
    format!("{} {label:<8} ", style(time_of_day(at)).dim())
}

/// In UTC and always equally long: `10:57:03.430`.
fn time_of_day(at: Timestamp) -> String {
    let millis = at.as_millis().rem_euclid(24 * 3_600 * 1_000);
    let seconds = millis / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}.{:03}", millis % 1_000)
}

fn parts(detail: &EventDetail) -> Option<(&str, String)> {
    Some(match detail {
        EventDetail::State { status, cause } => {
            let cause =
                cause.as_ref().map(|cause| format!("  {}", printable(&job::sentence(cause))));
            ("state", format!("{}{}", job::status(*status), cause.unwrap_or_default()))
        }
        EventDetail::Log { stream, line } => (stream_name(*stream), printable(line)),
        EventDetail::Text { text } => ("text", printable(text)),
        EventDetail::Progress { fraction, message } => {
            let percent = fraction.map(|fraction| format!("{:3.0}% ", fraction * 100.0));
            ("progress", format!("{}{}", percent.unwrap_or_default(), printable(message)))
        }
        EventDetail::Artifact { name, bytes } => {
            ("artifact", format!("{} ({bytes} bytes)", printable(name)))
        }
        EventDetail::Usage { provider, model, usage, cost_usd, .. } => {
            ("usage", work::usage(provider, model, usage, *cost_usd))
        }
        EventDetail::ToolCall { name, input, .. } => ("tool", work::call(name, input)),
        EventDetail::ToolResult { name, is_error, ms, output, .. } => {
            ("tool", work::result(name, *is_error, *ms, output))
        }
        EventDetail::Step { name, status, message } => {
            ("step", work::step(name, *status, message.as_deref()))
        }
        EventDetail::Custom { name, data } => {
            ("event", format!("{} {}", printable(name), printable(&data.to_string())))
        }
        EventDetail::Unknown => return None,
    })
}

pub(crate) fn stream_name(stream: LogStream) -> &'static str {
    match stream {
        LogStream::Stdout => "stdout",
        LogStream::Stderr => "stderr",
        LogStream::Worker => "worker",
    }
}

/// Text from outside as it may stand on a terminal: no control character does anything.
pub(crate) fn printable(text: &str) -> String {
    let plain = console::strip_ansi_codes(text);
    plain.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// The same for text with lines in it.
pub(crate) fn printable_lines(text: &str) -> String {
    let lines: Vec<String> = text.replace("\r\n", "\n").split('\n').map(printable).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_cannot_take_the_terminal_over() {
        assert_eq!(printable("a\x1b[2Jb\x07c\td"), "ab\u{fffd}c\td");
        assert_eq!(printable_lines("a\r\nb\x1b[1m\n"), "a\nb\n");
    }
}
