//! When somebody must look at a job again, and what they find.

use std::time::Duration;

use super::{
    CALLBACK_TRIES_MAX, CallbackChore, CauseKind, Effect, Failure, FamilyChore, Job, JobState,
    Step, Terms,
    apply::Change,
    chores::{CHORE_TURN, STOP_PAUSE_MIN},
};
use crate::{
    JobId, Timestamp,
    mutant::{self, Mutant},
};

/// A queue message that nobody acted on is sent again after this long, then after twice as long, and so on.
pub(super) const RESEND_FIRST: Duration = Duration::from_mins(5);
const RESEND_MAX: Duration = Duration::from_hours(6);
/// A blocked job looks at its dependencies by itself after this long, in case their call was lost.
pub(super) const CHECK_FIRST: Duration = Duration::from_secs(30);
const CHECK_MAX: Duration = Duration::from_mins(10);
/// The same for a job that waits for children, whose call is not kept in mind.
const WAIT_CHECK_MAX: Duration = Duration::from_mins(1);
/// A launch that cannot be found is given up after this many orders to stop. Its worker lost the lease long ago
/// and ends by itself; what runs on all the same is found among the launches that nobody waits for.
const STOP_TRIES_MAX: u32 = 10;
/// How long an observation may take before the worker is looked for again.
const LOOK_PAUSE: Duration = Duration::from_secs(5);

impl Job {
    /// When somebody must look at the job again: `None` only for a final job without chores.
    /// Changes only by [`Job::apply`], so an adapter may index it.
    #[must_use]
    pub fn wake_at(&self) -> Option<Timestamp> {
        let own = match &self.state {
            _ if self.forgotten() => None,
            JobState::Blocked { check_at, .. } => Some(*check_at),
            JobState::Queued { resend_at, .. } => Some(*resend_at),
            JobState::Launching { since, terms, .. } => Some(since.plus(terms.launch())),
            JobState::Running { look_at, terms, .. } => {
                let kill_at = self.attempt_deadline().map(|at| at.plus(terms.grace() * 2));
                kill_at.map(|kill_at| kill_at.min(*look_at))
            }
            JobState::Finished { .. } => None,
        };
        own.into_iter().chain(self.chores.next_at()).min()
    }

    fn forgotten(&self) -> bool {
        match self.state {
            JobState::Blocked { ref waits_for, .. } => {
                mutant::active(Mutant::BlockedNeverWakes)
                    || (mutant::active(Mutant::WaitingNeverWakes) && !waits_for.is_empty())
            }
            JobState::Queued { .. } => mutant::active(Mutant::QueuedNeverWakes),
            JobState::Launching { .. } => mutant::active(Mutant::LaunchingNeverWakes),
            JobState::Running { .. } => mutant::active(Mutant::RunningNeverWakes),
            JobState::Finished { .. } => false,
        }
    }
}

impl Step {
    /// Who is to look whether this end was the last that it waited for.
    #[must_use]
    pub fn tells_parent(&self) -> Option<JobId> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::TellParent { parent } => Some(*parent),
            _ => None,
        })
    }

    /// The step for a writer that carries out no effects: the sweeper finds all of them due at once, except
    /// [`Effect::TellParent`], which is in nobody's mind; see [`Step::tells_parent`].
    #[must_use]
    pub fn left_to_the_sweeper(mut self, now: Timestamp) -> Self {
        for effect in std::mem::take(&mut self.effects) {
            let Job { state, chores, .. } = &mut self.job;
            match (effect, state) {
                (Effect::Enqueue, JobState::Queued { resend_at, .. }) => *resend_at = now,
                (Effect::CheckDependencies, JobState::Blocked { check_at, .. }) => *check_at = now,
                (Effect::Observe { .. }, JobState::Running { look_at, .. }) => *look_at = now,
                (Effect::ReleaseDependents { .. }, _) => {
                    if let Some(release) = &mut chores.release {
                        release.next_at = now;
                    }
                }
                (Effect::CancelDescendants { .. }, _) => {
                    if let Some(family) = &mut chores.family {
                        family.next_at = now;
                    }
                }
                (Effect::CallBack { .. }, _) => {
                    if let Some(callback) = &mut chores.callback {
                        (callback.next_at, callback.tries) =
                            (now, callback.tries.saturating_sub(1));
                    }
                }
                (Effect::Stop { attempt, .. }, _) => {
                    for stop in chores.stops.iter_mut().filter(|stop| stop.attempt == attempt) {
                        stop.next_at = now;
                    }
                }
                _ => {}
            }
        }
        self
    }
}

impl Change {
    /// Does what is due; what is not due stays as it is.
    pub(super) fn woken(&mut self) -> bool {
        let chores = self.chores_woken();
        self.state_woken() || chores
    }

    fn state_woken(&mut self) -> bool {
        let now = self.now;
        match &mut self.job.state {
            JobState::Blocked { check_at, checks, waits_for, .. } if *check_at <= now => {
                *checks += 1;
                let max = if waits_for.is_empty() { CHECK_MAX } else { WAIT_CHECK_MAX };
                *check_at = now.plus(doubled(CHECK_FIRST, *checks, max));
                self.effects.push(Effect::CheckDependencies);
                true
            }
            JobState::Queued { ready_at, resend_at, sends, .. } if *resend_at <= now => {
                *resend_at = now.plus(doubled(RESEND_FIRST, *sends, RESEND_MAX));
                *sends += 1;
                ready_at.get_or_insert(now);
                self.effects.push(Effect::Enqueue);
                true
            }
            JobState::Launching { since, terms, .. } if since.plus(terms.launch()) <= now => {
                let message = format!("the worker did not start within {:?}", terms.launch());
                self.stop_launch();
                self.attempt_failed(Failure::passing(CauseKind::LaunchFailed, message));
                true
            }
            JobState::Running { .. } => self.running_woken(),
            _ => false,
        }
    }

    fn running_woken(&mut self) -> bool {
        let timeout = self.job.spec.timeout();
        let deadline = self.job.attempt_deadline();
        let deadline = deadline.filter(|_| !mutant::active(Mutant::TimeoutForgotten));
        let JobState::Running { attempt, launch, terms, heartbeat_at, look_at, suspected, .. } =
            &mut self.job.state
        else {
            return false;
        };
        // The worker ends an attempt that runs too long; this is for one that does not.
        if deadline.is_some_and(|at| at.plus(terms.grace() * 2) <= self.now) {
            let message = format!("the attempt ran longer than {timeout:?}");
            self.stop_launch();
            self.attempt_failed(Failure::passing(CauseKind::Timeout, message));
            return true;
        }
        if *look_at > self.now {
            return false;
        }
        if *suspected && heartbeat_at.plus(terms.heartbeat() * Terms::LOST_AFTER_BEATS) <= self.now
        {
            let silence = self.now.since(*heartbeat_at);
            let message = format!("the worker was silent for {} s", silence.as_secs());
            self.stop_launch();
            self.attempt_failed(Failure::passing(CauseKind::WorkerLost, message));
            return true;
        }
        *suspected = true;
        *look_at = self.now.plus(LOOK_PAUSE.max(terms.heartbeat() * 2));
        let (attempt, launch) = (*attempt, launch.clone());
        self.effects.push(Effect::Observe { attempt, launch });
        true
    }

    /// Each chore that is due is carried out again, by whoever stored this turn.
    fn chores_woken(&mut self) -> bool {
        let now = self.now;
        let before = self.effects.len();
        let end = self.job.ends;
        let chores = &mut self.job.chores;
        let open = chores.stops.len();
        chores.stops.retain(|stop| stop.next_at > now || stop.tries < STOP_TRIES_MAX);
        let given_up = chores.stops.len() < open;
        for stop in chores.stops.iter_mut().filter(|stop| stop.next_at <= now) {
            stop.tries += 1;
            let pause = Duration::from_millis(stop.grace_ms).max(STOP_PAUSE_MIN);
            stop.next_at = now.plus(doubled(pause, stop.tries, CHECK_MAX));
            let (attempt, launch, grace_ms) = (stop.attempt, stop.launch.clone(), stop.grace_ms);
            self.effects.push(Effect::Stop { attempt, launch, grace_ms });
        }
        if let Some(release) = chores.release.as_mut().filter(|release| release.next_at <= now) {
            release.next_at = now.plus(CHORE_TURN);
            self.effects.push(Effect::ReleaseDependents { end });
        }
        if let Some(family) = chores.family.as_mut().filter(|family| family.next_at <= now) {
            family.next_at = now.plus(CHORE_TURN);
            let FamilyChore { end, attempts, .. } = *family;
            self.effects.push(Effect::CancelDescendants { end, attempts });
        }
        // The last try was begun and nobody said how it went.
        let spent = |callback: &mut CallbackChore| {
            callback.next_at <= now && callback.tries >= CALLBACK_TRIES_MAX
        };
        let given_up = chores.callback.take_if(spent).is_some() || given_up;
        if let Some(callback) = chores.callback.as_mut().filter(|callback| callback.next_at <= now)
        {
            callback.tries += 1;
            callback.next_at = now.plus(CHORE_TURN);
            self.effects.push(Effect::CallBack { end, tries: callback.tries });
        }
        given_up || self.effects.len() > before
    }
}

/// `first · 2ⁿ`, at most `max`.
fn doubled(first: Duration, times: u32, max: Duration) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(times.min(31))).min(max)
}
