//! What is said of an attempt, from how its handler ended and why it was stopped.

use std::any::Any;

use agent_runner_client::link::RESULT_BYTES_MAX;
use agent_runner_domain::{
    JobId, RawJson,
    job::{CauseKind, Failure, Verdict},
};
use agent_runner_handlers::Stop as HandlerStop;

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
    Returned(Result<RawJson, HandlerStop>),
    Panicked(Box<dyn Any + Send>),
    /// It did not end within its grace period and was dropped.
    Dropped,
}

/// What the orchestrator is to hear.
#[derive(Debug, Clone)]
pub(crate) enum LastWord {
    Done(RawJson),
    Failed(Failure),
    Waiting(Vec<JobId>),
}

pub(crate) fn last_word(outcome: Outcome, stop: Option<Stop>) -> LastWord {
    let ended = match outcome {
        Outcome::Returned(Ok(result)) => checked(result),
        Outcome::Returned(Err(HandlerStop::Failed(failure))) => LastWord::Failed(failure),
        Outcome::Returned(Err(HandlerStop::Waiting(on))) => LastWord::Waiting(on),
        Outcome::Panicked(panic) => LastWord::Failed(panicked(&*panic)),
        Outcome::Dropped => {
            let message = "the handler did not stop in time";
            LastWord::Failed(Failure::passing(CauseKind::HandlerError, message))
        }
    };
    match (ended, stop) {
        (LastWord::Failed(failure), Some(stop)) => {
            LastWord::Failed(stopped(stop).with_evidence(failure.evidence))
        }
        (_, Some(Stop::TimedOut)) => LastWord::Failed(stopped(Stop::TimedOut)),
        // Work that was done in spite of an interruption is not done again.
        (ended, None | Some(Stop::Interrupted | Stop::Abandoned)) => ended,
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

fn checked(result: RawJson) -> LastWord {
    let bytes = result.get().len();
    if bytes <= RESULT_BYTES_MAX {
        return LastWord::Done(result);
    }
    let message = format!(
        "the result has {bytes} bytes, and at most {RESULT_BYTES_MAX} are kept; a handler leaves more than that as an artifact"
    );
    LastWord::Failed(Failure::lasting(CauseKind::HandlerError, message))
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
        LastWord::Done(result) => (Verdict::Succeeded, Some(result)),
        LastWord::Failed(failure) => (Verdict::Failed(failure), None),
        LastWord::Waiting(on) => (Verdict::Waiting { on }, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(word: LastWord) -> Option<Failure> {
        match word {
            LastWord::Failed(failure) => Some(failure),
            LastWord::Done(_) | LastWord::Waiting(_) => None,
        }
    }

    fn kind(word: LastWord) -> Option<CauseKind> {
        failure(word).map(|failure| failure.kind)
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
    fn a_handler_that_waits_says_for_whom_unless_its_time_is_over() {
        let waits = || Outcome::Returned(Err(HandlerStop::Waiting(vec![JobId::from_u128(1)])));
        for stop in [None, Some(Stop::Interrupted)] {
            let (verdict, result) = as_verdict(last_word(waits(), stop));
            assert_eq!(verdict, Verdict::Waiting { on: vec![JobId::from_u128(1)] });
            assert!(result.is_none());
        }
        assert_eq!(kind(last_word(waits(), Some(Stop::TimedOut))), Some(CauseKind::Timeout));
    }

    #[test]
    fn a_panic_and_a_huge_result_are_failures_of_the_handler() {
        let word = last_word(Outcome::Panicked(Box::new("boom")), None);
        assert_eq!(failure(word).unwrap().message, "the handler panicked: boom");
        let huge = RawJson::of(&"x".repeat(RESULT_BYTES_MAX)).unwrap();
        let word = last_word(Outcome::Returned(Ok(huge)), None);
        assert!(failure(word).unwrap().message.contains("artifact"));
    }
}
