//! All questions, several at a time.

use std::cell::Cell;

use agent_runner_domain::job::{CauseKind, Failure, RetryAdvice};
use futures::{StreamExt, stream};

use super::{
    desk::Desk,
    plan::Plan,
    question::{Missed, Outcome, research},
};
use crate::{Stop, tools::Toolbox};

/// What came of each question, in their order. However one of them fails, the others go on.
///
/// What a call holds of a budget is the most that it could cost, many times what it does. So a budget that has no
/// room for several questions beside each other may well have room for one after the other: those that were refused
/// are tried again when nothing is held by others any more.
///
/// # Errors
/// When the whole job is to end or to wait.
pub(super) async fn run(
    desk: &Desk<'_>,
    plan: &Plan,
    toolbox: Option<&Toolbox<'_>>,
) -> Result<Vec<Outcome>, Stop> {
    let survey = Survey { desk, plan, toolbox, ended: Cell::new(0) };
    let count = plan.questions.len();
    let parallel_max = desk.payload.max_parallel as usize;
    let all = stream::iter(1..=count).map(|number| survey.one(number));
    // All are heard to their end, also when the job is stopped: each then counts what it has spent.
    let mut ended: Vec<_> = all.buffer_unordered(parallel_max).collect().await;
    ended.sort_by_key(|(number, _)| *number);
    let mut outcomes = Vec::with_capacity(count);
    for (number, outcome) in ended {
        outcomes.push(match outcome? {
            Err(missed) if is_over_budget(&missed) => survey.again(number).await?,
            outcome => outcome,
        });
    }
    Ok(outcomes)
}

struct Survey<'a> {
    desk: &'a Desk<'a>,
    plan: &'a Plan,
    toolbox: Option<&'a Toolbox<'a>>,
    ended: Cell<u32>,
}

impl Survey<'_> {
    async fn one(&self, number: usize) -> (usize, Result<Outcome, Stop>) {
        let outcome = research(self.desk, self.plan, number, self.toolbox).await;
        if let Ok(outcome) = &outcome {
            self.ended.set(self.ended.get() + 1);
            self.tell(number, outcome).await;
        }
        (number, outcome)
    }

    async fn again(&self, number: usize) -> Result<Outcome, Stop> {
        let outcome = research(self.desk, self.plan, number, self.toolbox).await?;
        self.tell(number, &outcome).await;
        Ok(outcome)
    }

    async fn tell(&self, number: usize, outcome: &Outcome) {
        let count = self.plan.questions.len();
        let is_answered = matches!(outcome, Ok(researched) if researched.finding.error.is_none());
        let what = if is_answered { "is answered" } else { "has no answer" };
        let message = format!("question {number} of {count} {what}");
        // The plan is a part as well.
        self.desk.progress(1 + self.ended.get(), message).await;
    }
}

fn is_over_budget(missed: &Missed) -> bool {
    missed.failure.kind == CauseKind::BudgetExceeded
}

/// Why a research with these outcomes ends without a synthesis; `None`: there is something to write about.
pub(super) fn verdict(outcomes: &[Outcome]) -> Option<Failure> {
    let missed: Vec<&Missed> =
        outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    if let Some(missed) = missed.iter().find(|missed| is_over_budget(missed)) {
        return Some(missed.failure.clone());
    }
    if missed.len() < outcomes.len() {
        return None;
    }
    // If one of them may pass, another attempt is worth its while.
    let passes = |missed: &&&Missed| missed.failure.retry == RetryAdvice::Retry;
    let cause = missed.iter().find(passes).or(missed.first())?;
    let message = format!(
        "none of the {} questions was answered; one of them failed so: {}",
        outcomes.len(),
        cause.failure.message
    );
    Some(Failure { message, ..cause.failure.clone() })
}

#[cfg(test)]
#[expect(clippy::result_large_err, reason = "an outcome is kept, not passed up")]
mod tests {
    use super::*;
    use crate::research::question::Researched;

    fn missed(failure: Failure) -> Outcome {
        Err(Missed { failure, researched: Researched::default() })
    }

    fn lasting(kind: CauseKind) -> Outcome {
        missed(Failure::lasting(kind, "for good"))
    }

    fn passing() -> Outcome {
        missed(Failure::passing(CauseKind::ProviderError, "529"))
    }

    #[test]
    fn one_answer_is_enough_unless_money_is_short() {
        let answered = || Ok(Researched::default());
        assert_eq!(verdict(&[passing(), answered(), lasting(CauseKind::HandlerError)]), None);
        let short = verdict(&[answered(), passing(), lasting(CauseKind::BudgetExceeded)]).unwrap();
        assert_eq!((short.kind, short.message.as_str()), (CauseKind::BudgetExceeded, "for good"));
    }

    #[test]
    fn without_any_answer_the_job_fails_as_a_question_did_and_passes_if_one_may_pass() {
        let failure = verdict(&[lasting(CauseKind::HandlerError), passing()]).unwrap();
        assert_eq!((failure.kind, failure.retry), (CauseKind::ProviderError, RetryAdvice::Retry));
        assert!(failure.message.starts_with("none of the 2 questions was answered"), "{failure:?}");
        let failure =
            verdict(&[lasting(CauseKind::HandlerError), lasting(CauseKind::ProviderError)]);
        assert_eq!(failure.unwrap().kind, CauseKind::HandlerError);
    }
}
