//! The invariants of the design, checked after every step on the jobs that it touched.
//!
//! The ten of the design, and two that came with jobs which start jobs and remember what they have done.

mod attempts;
mod book;
mod callbacks;
mod dependencies;
mod ending;
mod families;
mod keys;
mod launches;
mod line;
mod money;
mod promises;
mod results;
mod steps;
mod waiting;

use agent_runner_domain::{
    JobId, RawJson,
    event::StoredEvent,
    job::{AttemptRecord, Job},
};

pub(crate) use self::book::Book;
use crate::world::{Millis, World};

pub(crate) const EVERY_JOB_ENDS: &str = "1: every accepted job ends";
pub(crate) const ONE_RESULT: &str = "2: one result, under the lease in force";
pub(crate) const ONE_LAUNCH: &str = "3: one launch per attempt, none outlives its job";
pub(crate) const DEPENDENCIES: &str = "4: dependents start after success, and see the results";
pub(crate) const ATTEMPTS: &str = "5: attempts keep their bounds, infrastructure costs none";
pub(crate) const ONE_KEY: &str = "6: one key, one job";
pub(crate) const SPEND: &str = "7: no budget is exceeded, the book tells all";
pub(crate) const PROMISES: &str = "8: nothing that was told is taken back";
pub(crate) const IN_LINE: &str = "9: higher priority first, nobody starves";
pub(crate) const CALLBACKS: &str = "10: callbacks arrive or run out";
pub(crate) const FAMILIES: &str = "11: parents wait for their children, and take them along";
pub(crate) const RECORDED: &str = "12: what is recorded stays, and is not done again";

/// From the end of an attempt, or of a family's head, until all who must know of it have been told.
const NOTICE: Millis = 3_000;
/// The same after troubles: machines come up again, launches that nobody knows are found.
const NOTICE_AFTER_TROUBLES: Millis = 150_000;

#[derive(Debug)]
pub(crate) struct Violation {
    pub(crate) invariant: &'static str,
    pub(crate) what: String,
}

pub(crate) type Check = Result<(), String>;

type OnChange = fn(&World, &Change) -> Check;
type Always = fn(&World) -> Check;

/// What one step did to one job.
pub(crate) struct Change {
    pub(crate) id: JobId,
    /// `None`: it is new.
    pub(crate) before: Option<Job>,
    pub(crate) after: Job,
    pub(crate) result_before: Option<RawJson>,
    pub(crate) result: Option<RawJson>,
    pub(crate) new_events: Vec<StoredEvent>,
    pub(crate) events_before: usize,
    /// When the job last changed before.
    pub(crate) changed_at: Millis,
}

/// After every step, for each job that it touched.
const ON_CHANGE: [(&str, OnChange); 10] = [
    (ONE_RESULT, results::one_result_under_the_lease_in_force),
    (ONE_LAUNCH, launches::every_attempt_has_a_lease_of_its_own),
    (DEPENDENCIES, dependencies::dependents_wait_for_success),
    (ATTEMPTS, attempts::attempts_keep_their_bounds),
    (PROMISES, promises::nothing_is_taken_back),
    (IN_LINE, line::nobody_waits_without_need),
    (FAMILIES, families::children_are_started_by_who_holds_their_parent),
    (FAMILIES, waiting::a_job_waits_only_as_its_worker_said),
    (FAMILIES, waiting::a_parent_goes_on_when_all_its_children_have_ended),
    (CALLBACKS, callbacks::callbacks_end_with_an_answer_or_the_last_try),
];

/// After every step.
const ALWAYS: [(&str, Always); 2] = [
    (ONE_LAUNCH, launches::no_launch_outlives_its_attempt),
    (FAMILIES, families::a_cancellation_ends_the_family),
];

/// When nothing is left to do.
const AT_REST: [(&str, Always); 4] = [
    (SPEND, money::what_succeeded_is_settled),
    (SPEND, money::the_report_adds_up),
    (DEPENDENCIES, dependencies::no_success_rests_on_a_failure),
    (CALLBACKS, callbacks::every_end_was_called_back),
];

impl World {
    pub(crate) fn check_step(&mut self) {
        for change in self.take_changes() {
            self.tell_change(&change);
            self.run_checks(&ON_CHANGE, |world, check| check(world, &change));
            self.note_change(&change);
        }
        self.run_checks(&ALWAYS, |world, check| check(world));
    }

    pub(crate) fn check_rest(&mut self) {
        self.run_checks(&AT_REST, |world, check| check(world));
    }

    fn run_checks<C>(&mut self, checks: &[(&'static str, C)], run: impl Fn(&Self, &C) -> Check) {
        for (invariant, check) in checks {
            if let Err(what) = run(self, check) {
                self.complain(invariant, what);
            }
        }
    }

    fn tell_change(&mut self, change: &Change) {
        if !self.trace.is_on() {
            return;
        }
        let name = self.trace.name(change.id);
        let before = change.before.as_ref().map_or("new", |job| job.status().as_str());
        let (after, attempt) = (change.after.status(), change.after.attempts);
        let cause = change.after.cause.as_ref().map(|cause| cause.kind.as_str());
        self.say(|| format!("{name} #{attempt}: {before} → {after} {}", cause.unwrap_or("")));
    }
}

impl Change {
    /// The attempt that ended with this step.
    pub(crate) fn ended_attempt(&self) -> Option<&AttemptRecord> {
        let last = self.after.history.last()?;
        let known = self.before.as_ref().and_then(|job| job.history.last());
        (known.map(|record| record.number) != Some(last.number)).then_some(last)
    }

    /// The job became final with this step.
    pub(crate) fn ends(&self) -> bool {
        let was_final = self.before.as_ref().is_some_and(|job| job.status().is_final());
        self.after.status().is_final() && !was_final
    }

    pub(crate) fn is_retry(&self) -> bool {
        let was_final = self.before.as_ref().is_some_and(|job| job.status().is_final());
        was_final && !self.after.status().is_final()
    }
}
