//! What is said of an attempt, from how its handler ended and why it was stopped.

use std::any::Any;

use agent_runner_client::link::RESULT_BYTES_MAX;
use agent_runner_domain::{
    RawJson,
    job::{CauseKind, Evidence, Failure, Verdict},
};

/// Why a handler was stopped before it ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    TimedOut,
    /// SIGTERM.
    Interrupted,
    /// Nobody waits for this attempt any more.
    Abandoned,
}

/// How a handler ended.
pub(crate) enum Outcome {
    Returned(Result<RawJson, Failure>),
    Panicked(Box<dyn Any + Send>),
    /// It did not end within its grace period and was dropped.
    Dropped,
}

pub(crate) type LastWord = Result<RawJson, Failure>;

pub(crate) fn last_word(outcome: Outcome, stop: Option<Stop>) -> LastWord {
    let ended = match outcome {
        Outcome::Returned(result) => result.and_then(checked),
        Outcome::Panicked(panic) => Err(panicked(&*panic)),
        Outcome::Dropped => {
            Err(Failure::passing(CauseKind::HandlerError, "the handler did not stop in time"))
        }
    };
    match (ended, stop) {
        (ended, None) => ended,
        // Work that was done in spite of the interruption is not done again.
        (Ok(result), Some(Stop::Interrupted | Stop::Abandoned)) => Ok(result),
        (ended, Some(stop)) => {
            let evidence = ended.err().map_or_else(Evidence::default, |failure| failure.evidence);
            Err(stopped(stop).with_evidence(evidence))
        }
    }
}

fn stopped(stop: Stop) -> Failure {
    match stop {
        Stop::TimedOut => {
            // Starting has taken a little of `timeout_seconds` already, so what was left of it would only puzzle.
            let message = "the attempt ran longer than its timeout_seconds allow";
            Failure::passing(CauseKind::Timeout, message)
        }
        Stop::Interrupted | Stop::Abandoned => {
            Failure::passing(CauseKind::Interrupted, "the worker was told to stop")
        }
    }
}

fn checked(result: RawJson) -> Result<RawJson, Failure> {
    let bytes = result.get().len();
    if bytes <= RESULT_BYTES_MAX {
        return Ok(result);
    }
    let message = format!(
        "the result has {bytes} bytes, and at most {RESULT_BYTES_MAX} are kept; a handler leaves more than that as an artifact"
    );
    Err(Failure::lasting(CauseKind::HandlerError, message))
}

fn panicked(panic: &(dyn Any + Send)) -> Failure {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    let message = format!("the handler panicked: {}", text.as_deref().unwrap_or("(no message)"));
    Failure::passing(CauseKind::HandlerError, message)
}

/// The two forms in which the last word travels.
pub(crate) fn as_verdict(word: LastWord) -> (Verdict, Option<RawJson>) {
    match word {
        Ok(result) => (Verdict::Succeeded, Some(result)),
        Err(failure) => (Verdict::Failed(failure), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(word: LastWord) -> Option<CauseKind> {
        word.err().map(|failure| failure.kind)
    }

    fn done() -> Outcome {
        Outcome::Returned(RawJson::parse("{}".to_owned()).map_err(|_| unreachable!()))
    }

    #[test]
    fn why_it_was_stopped_outweighs_how_it_ended() {
        assert_eq!(kind(last_word(done(), None)), None);
        assert_eq!(kind(last_word(done(), Some(Stop::Interrupted))), None);
        assert_eq!(kind(last_word(done(), Some(Stop::TimedOut))), Some(CauseKind::Timeout));
        assert_eq!(
            kind(last_word(Outcome::Dropped, Some(Stop::TimedOut))),
            Some(CauseKind::Timeout)
        );
        let interrupted = last_word(Outcome::Dropped, Some(Stop::Interrupted));
        assert_eq!(kind(interrupted), Some(CauseKind::Interrupted));
    }

    #[test]
    fn a_panic_and_a_huge_result_are_failures_of_the_handler() {
        let word = last_word(Outcome::Panicked(Box::new("boom")), None);
        assert_eq!(word.unwrap_err().message, "the handler panicked: boom");
        let huge = RawJson::of(&"x".repeat(RESULT_BYTES_MAX)).unwrap();
        let failure = last_word(Outcome::Returned(Ok(huge)), None).unwrap_err();
        assert!(failure.message.contains("artifact"));
    }
}
