//! A job's log, line by line; what a model writes flows on where it was.

use agent_runner_api_types::{EventDetail, EventView};

use super::{Output, event};
use crate::failure::Failure;

/// Below the text, not below the time.
const INDENT: &str = "\n                      ";

/// What the last entry has left open.
#[derive(Debug, Default)]
pub(crate) struct Log {
    in_text: bool,
    /// Ends of lines that are written once text follows.
    owed: usize,
}

impl Log {
    pub(crate) fn show(&mut self, entry: &EventView, output: &Output) -> Result<(), Failure> {
        if let EventDetail::Text { text } = &entry.detail {
            return self.text(entry, text, output);
        }
        *self = Self::default();
        event::line(entry).map_or(Ok(()), |line| output.line(line))
    }

    fn text(&mut self, entry: &EventView, text: &str, output: &Output) -> Result<(), Failure> {
        if !self.in_text {
            output.end_line()?;
            output.text(&event::head(entry.at, "text"))?;
            self.in_text = true;
        }
        let text = event::printable_lines(text);
        let lines = text.trim_end_matches('\n');
        if !lines.is_empty() {
            output.text(&INDENT.repeat(std::mem::take(&mut self.owed)))?;
            output.text(&lines.replace('\n', INDENT))?;
        }
        self.owed += text.len() - lines.len();
        Ok(())
    }
}
