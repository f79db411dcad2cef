//! What models say in a job, on its way to standard output.

use agent_runner_domain::RawJson;
use serde_json::Value;

use crate::{
    failure::Failure,
    output::{Output, event::printable_lines},
};

/// The fields of results that hold what was said last.
const LAST_WORDS: [&str; 2] = ["response", "synthesis"];

/// Text that was passed on as it came.
#[derive(Debug, Default)]
pub(super) struct Speech {
    attempt: u32,
    /// By the attempt that speaks.
    said: String,
    /// The last call has not ended with its answer, as far as is known.
    is_open: bool,
}

impl Speech {
    pub(super) fn has_begun(&self) -> bool {
        !self.said.is_empty()
    }

    /// Passes a piece of text on.
    pub(super) fn hear(
        &mut self,
        attempt: u32,
        text: &str,
        output: &Output,
    ) -> Result<(), Failure> {
        if self.attempt != attempt && self.has_begun() {
            output.end_line()?;
            // Whole answers are kept with the job; only what was cut off is asked for once more.
            if self.is_open {
                output.note(format!("attempt {attempt} says it again"));
            }
            self.said.clear();
        }
        (self.attempt, self.is_open) = (attempt, true);
        self.said.push_str(text);
        say(text, output)
    }

    /// A call has ended, and this is its usage. It is estimated where the answer broke off.
    pub(super) fn end_call(&mut self, usage: &Value) {
        self.is_open &= usage["estimated"] == true;
    }

    /// Says what the result has and the log had not: an attempt that is cut off takes its last words with it,
    /// and the next may know them already. `false`: the result is not about anything that was said.
    pub(super) fn conclude(&self, result: &RawJson, output: &Output) -> Result<bool, Failure> {
        if !self.has_begun() {
            return Ok(false);
        }
        if let Some(words) = last_words(result) {
            match missing(&self.said, &words) {
                Missing::Nothing => {}
                Missing::Rest(rest) => say(rest, output)?,
                Missing::All => {
                    output.end_line()?;
                    say(&words, output)?;
                }
            }
        }
        output.end_line()?;
        Ok(true)
    }
}

fn say(text: &str, output: &Output) -> Result<(), Failure> {
    if output.for_people() { output.text(&printable_lines(text)) } else { output.text(text) }
}

fn last_words(result: &RawJson) -> Option<String> {
    let result: Value = serde_json::from_str(result.get()).ok()?;
    LAST_WORDS.iter().find_map(|name| result.get(name)?.as_str().map(str::to_owned))
}

#[derive(Debug, PartialEq, Eq)]
enum Missing<'w> {
    Nothing,
    Rest(&'w str),
    All,
}

/// What of `words` is not at the end of `said`.
fn missing<'w>(said: &str, words: &'w str) -> Missing<'w> {
    if said.trim_end().ends_with(words.trim()) {
        return Missing::Nothing;
    }
    let begun = said.char_indices().find_map(|(at, _)| words.strip_prefix(&said[at..]));
    begun.map_or(Missing::All, Missing::Rest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_open_until_its_call_has_ended_whole() {
        let output = Output::new(false, true, false);
        let mut speech = Speech::default();
        speech.hear(1, "", &output).unwrap();
        speech.end_call(&json!({"output_tokens": 3, "estimated": true}));
        assert!(speech.is_open);
        speech.end_call(&json!({"output_tokens": 3}));
        assert!(!speech.is_open);
        speech.hear(2, "", &output).unwrap();
        assert!(speech.is_open);
    }

    #[test]
    fn only_what_was_not_said_is_missing() {
        assert_eq!(missing("Let me see. It rains.\n", "It rains."), Missing::Nothing);
        assert_eq!(missing("Let me see. It ra", "It rains."), Missing::Rest("ins."));
        assert_eq!(missing("Let me see.", "It rains."), Missing::All);
        assert_eq!(missing("Grü", "Grüße"), Missing::Rest("ße"));
    }
}
