//! Invariant 2: at most one accepted result per job; writes under an old lease change nothing.

use agent_runner_domain::{
    RawJson,
    event::EventBody,
    job::{AttemptEnd, Status},
    ports::LaunchKey,
};

use super::{Change, Check};
use crate::world::World;

pub(super) fn one_result_under_the_lease_in_force(world: &World, change: &Change) -> Check {
    let job = &change.after;
    let held = change.before.as_ref().filter(|job| job.state.lease().is_some());
    let holder = held.map(|job| LaunchKey { job: change.id, attempt: job.attempts });
    let foreign = |event: &&agent_runner_domain::event::StoredEvent| {
        !matches!(event.event.body, EventBody::State { .. })
            && Some(event.event.attempt) != holder.map(|key| key.attempt)
    };
    if let Some(event) = change.new_events.iter().find(foreign) {
        return Err(format!("{holder:?} holds the job, yet this was stored: {event:?}"));
    }
    if change.result != change.result_before {
        if change.result_before.is_some() {
            return Err("a second result was stored".to_owned());
        }
        let made = holder.and_then(|key| world.ledger.results.get(&key));
        if job.status() != Status::Succeeded || change.result.as_ref() != made {
            let result = change.result.as_ref().map(RawJson::get);
            return Err(format!("{holder:?} holds the job, yet this was accepted: {result:?}"));
        }
    }
    if change.ends() && job.status() == Status::Succeeded {
        let last = job.history.last();
        let by_holder = last.is_some_and(|record| {
            record.end == AttemptEnd::Succeeded
                && holder.is_some_and(|key| key.attempt == record.number)
                && holder.and_then(|key| world.ledger.leases.get(&key)) == Some(&record.lease)
        });
        if !by_holder || change.result.is_none() {
            return Err(format!("{holder:?} holds the job, yet it succeeded by {last:?}"));
        }
    }
    Ok(())
}
