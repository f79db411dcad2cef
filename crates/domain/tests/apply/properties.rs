//! Any events, in any order, at any time, also when the clock goes back.

use std::time::Duration;

use agent_runner_domain::{
    JobId, TenantId, Timestamp,
    event::EventBody,
    job::{
        AttemptEnd, Chores, Effect, HISTORY_MAX, Job, JobEvent, JobSpec, JobState, Status, Step,
        Verdict, WAITS_MAX,
    },
};
use proptest::{collection::vec, prelude::*};

use crate::happenings::Happening;

const BEGIN: i64 = 1_800_000_000_000;

/// Something happens, this much later than what happened before.
type Moment = (Happening, i64);

fn moments() -> impl Strategy<Value = Vec<Moment>> {
    let pause = prop_oneof![
        4 => 0_i64..2_000,
        3 => 2_000_i64..120_000,
        1 => 120_000_i64..200_000_000,
        1 => -60_000_i64..0,
    ];
    vec((Happening::any(), pause), 1..120)
}

fn specs() -> impl Strategy<Value = JobSpec> {
    let traits = (any::<bool>(), any::<bool>(), any::<bool>());
    let parts = (1_u32..4, 1_u32..4, traits, 1_000_u64..100_000);
    parts.prop_map(|(attempts, infrastructure, (depends, calls, child), timeout_ms)| JobSpec {
        max_attempts: attempts,
        max_infrastructure_attempts: infrastructure,
        depends_on: if depends { vec![JobId::from_u128(1)] } else { Vec::new() },
        callback_url: calls.then(|| "https://example.org/".to_owned()),
        parent: child.then(|| JobId::from_u128(9)),
        timeout_ms,
        ..JobSpec::of_type("echo")
    })
}

fn jobs() -> impl Strategy<Value = Job> {
    (specs(), any::<bool>(), 0_i64..100_000).prop_map(|(spec, has_dependents, delay)| {
        let now = Timestamp::from_millis(BEGIN);
        let later = now.plus(Duration::from_millis(delay.unsigned_abs()));
        let id = JobId::from_u128(2);
        let mut job = Job::accepted(id, TenantId::default_tenant(), spec, later, now);
        job.has_dependents = has_dependents;
        job
    })
}

/// Lets everything happen and shows each event with the job before it, and the step if there was one.
fn live(
    mut job: Job,
    moments: &[Moment],
    mut look: impl FnMut(&Job, &JobEvent, Timestamp, Option<&Step>) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let mut now = BEGIN;
    for (number, (happening, pause)) in moments.iter().enumerate() {
        now += pause;
        let at = Timestamp::from_millis(now);
        let event = happening.of(&job, 100 + number as u128);
        let step = job.apply(event.clone(), at).ok().flatten();
        look(&job, &event, at, step.as_ref())?;
        job = step.map_or(job, |step| step.job);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn final_is_final_unless_a_user_retries(job in jobs(), moments in moments()) {
        live(job, &moments, |before, event, _, step| {
            let changed = step.is_some_and(|step| step.job.state != before.state);
            let allowed = !before.status().is_final() || *event == JobEvent::Retry;
            prop_assert!(allowed || !changed, "{} moved by {event:?}", before.status());
            Ok(())
        })?;
    }

    #[test]
    fn somebody_always_looks_again(job in jobs(), moments in moments()) {
        live(job, &moments, |_, _, _, step| {
            let Some(Step { job, .. }) = step else { return Ok(()) };
            let chores = job.chores != Chores::default();
            let wanted = !job.status().is_final() || chores;
            prop_assert_eq!(job.wake_at().is_some(), wanted, "{:?}", job);
            Ok(())
        })?;
    }

    #[test]
    fn looking_again_when_due_leads_somewhere(job in jobs(), moments in moments()) {
        live(job, &moments, |job, _, now, _| {
            if job.wake_at().is_none_or(|at| at > now) {
                prop_assert_eq!(job.apply(JobEvent::Woken, now), Ok(None));
                return Ok(());
            }
            let step = job.apply(JobEvent::Woken, now).unwrap().expect("something is due");
            prop_assert!(step.job.wake_at().is_none_or(|at| at > now), "still due: {:?}", step.job);
            Ok(())
        })?;
    }

    #[test]
    fn attempts_keep_their_bounds(job in jobs(), moments in moments()) {
        live(job, &moments, |_, _, _, step| {
            let Some(Step { job, .. }) = step else { return Ok(()) };
            prop_assert!(job.user_failures <= job.spec.max_attempts);
            prop_assert!(job.infrastructure_failures <= job.spec.max_infrastructure_attempts);
            prop_assert!(job.history.len() <= HISTORY_MAX);
            prop_assert!(job.waits <= WAITS_MAX);
            Ok(())
        })?;
    }

    #[test]
    fn only_the_holder_of_the_lease_is_heard(job in jobs(), moments in moments()) {
        live(job, &moments, |before, event, _, step| {
            let lease = match event {
                JobEvent::Launched { lease, .. }
                | JobEvent::LaunchFailed { lease, .. }
                | JobEvent::Started { lease, .. }
                | JobEvent::Heartbeat { lease }
                | JobEvent::Finished { lease, .. } => *lease,
                _ => return Ok(()),
            };
            let heard = step.is_some();
            prop_assert!(!heard || before.state.lease() == Some(lease), "{event:?} was heard");
            Ok(())
        })?;
    }

    #[test]
    fn what_happens_twice_happens_once(job in jobs(), moments in moments()) {
        live(job, &moments, |_, event, now, step| {
            let Some(first) = step else { return Ok(()) };
            if let Ok(Some(second)) = first.job.apply(event.clone(), now) {
                prop_assert_eq!(&second.job, &first.job, "{:?}", event);
                prop_assert!(second.effects.is_empty() && second.log.is_empty());
            }
            Ok(())
        })?;
    }

    #[test]
    fn who_waits_for_children_goes_on_only_when_exactly_those_have_ended(job in jobs(), moments in moments()) {
        live(job, &moments, |before, event, _, step| {
            let (JobState::Blocked { waits_for, .. }, Some(step)) = (&before.state, step) else {
                return Ok(());
            };
            let queued = step.job.status() == Status::Queued;
            let ended = *event == JobEvent::ChildrenEnded { on: waits_for.clone() };
            if waits_for.is_empty() {
                let of_children = matches!(event, JobEvent::ChildrenEnded { .. });
                prop_assert!(!of_children);
            } else {
                prop_assert_eq!(queued, ended, "{:?}", event);
            }
            Ok(())
        })?;
    }

    #[test]
    fn waiting_for_children_costs_nobody_an_attempt(job in jobs(), moments in moments()) {
        live(job, &moments, |before, event, _, step| {
            let (JobEvent::Finished { verdict: Verdict::Waiting { .. }, .. }, Some(Step { job, effects, .. })) =
                (event, step)
            else {
                return Ok(());
            };
            prop_assert_eq!(job.user_failures, before.user_failures);
            prop_assert_eq!(job.infrastructure_failures, before.infrastructure_failures);
            prop_assert_eq!(&job.history.last().unwrap().end, &AttemptEnd::Waited);
            prop_assert_eq!(job.state.lease(), None);
            let looked_at = [Effect::CheckDependencies, Effect::Enqueue].iter().any(|effect| effects.contains(effect));
            prop_assert!(looked_at, "{:?}", effects);
            Ok(())
        })?;
    }

    #[test]
    fn a_child_tells_its_parent_of_every_end_and_of_nothing_else(job in jobs(), moments in moments()) {
        live(job, &moments, |before, event, _, step| {
            let Some(step) = step else { return Ok(()) };
            let told = step.effects.iter().filter(|effect| matches!(effect, Effect::TellParent { .. })).count();
            let ended = step.job.ends > before.ends && before.spec.parent.is_some();
            prop_assert_eq!(told, usize::from(ended), "{:?}", event);
            Ok(())
        })?;
    }

    #[test]
    fn a_cancellation_and_nothing_else_ends_what_the_attempts_have_started(job in jobs(), moments in moments()) {
        live(job, &moments, |before, event, _, step| {
            let Some(Step { job, effects, .. }) = step else { return Ok(()) };
            let ordered = effects.iter().any(|effect| matches!(effect, Effect::CancelDescendants { .. }));
            let cancelled = job.status() == Status::Cancelled && before.status() != Status::Cancelled;
            let again = *event == JobEvent::Woken && before.chores.family.is_some();
            prop_assert!(!ordered || cancelled || again, "{:?}", event);
            let meant = job.chores.family.as_ref().map(|family| (family.end, family.attempts));
            if cancelled {
                prop_assert!(ordered);
                prop_assert_eq!(meant, Some((job.ends, job.attempts)));
            }
            let done = matches!(event, JobEvent::DescendantsCancelled { .. });
            prop_assert!(done || before.chores.family.is_none() || meant.is_some(), "{:?}", event);
            Ok(())
        })?;
    }

    #[test]
    fn every_move_is_in_the_log(job in jobs(), moments in moments()) {
        live(job, &moments, |before, event, _, step| {
            let Some(step) = step else { return Ok(()) };
            let logged: Vec<_> = step.log.iter().filter_map(|entry| match entry.body {
                EventBody::State { status, .. } => Some(status),
                _ => None,
            }).collect();
            let moved = before.status() != step.job.status();
            prop_assert_eq!(logged.last().copied(), moved.then(|| step.job.status()), "{:?}", event);
            Ok(())
        })?;
    }

    #[test]
    fn a_job_survives_its_json(job in jobs(), moments in moments()) {
        live(job, &moments, |_, _, _, step| {
            let Some(Step { job, .. }) = step else { return Ok(()) };
            let text = serde_json::to_string(job).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Job>(&text).unwrap(), job);
            Ok(())
        })?;
    }

    #[test]
    fn the_same_arguments_give_the_same_step(job in jobs(), moments in moments()) {
        live(job, &moments, |before, event, now, step| {
            let again = before.apply(event.clone(), now).ok().flatten();
            prop_assert_eq!(again.as_ref(), step);
            Ok(())
        })?;
    }

    #[test]
    fn what_is_left_to_the_sweeper_is_due_at_once(job in jobs(), moments in moments()) {
        live(job, &moments, |_, _, now, step| {
            let Some(step) = step.filter(|step| !step.effects.is_empty()) else { return Ok(()) };
            let left = step.clone().left_to_the_sweeper(now);
            prop_assert!(left.effects.is_empty());
            if matches!(step.effects[..], [Effect::TellParent { .. }]) {
                return Ok(());
            }
            prop_assert!(left.job.wake_at().is_some_and(|at| at <= now));
            let done = left.job.apply(JobEvent::Woken, now).unwrap().expect("it is due").effects;
            // The parent looks by itself.
            let told = |effect: &&Effect| !matches!(effect, Effect::TellParent { .. });
            for effect in step.effects.iter().filter(told) {
                prop_assert!(is_done(effect, &done), "{effect:?} is not among {done:?}");
            }
            Ok(())
        })?;
    }
}

/// Where a job has ended again in the same step, its dependents are released by its last end.
fn is_done(effect: &Effect, done: &[Effect]) -> bool {
    match effect {
        Effect::ReleaseDependents { end } => done
            .iter()
            .any(|later| matches!(later, Effect::ReleaseDependents { end: later } if later >= end)),
        effect => done.contains(effect),
    }
}
