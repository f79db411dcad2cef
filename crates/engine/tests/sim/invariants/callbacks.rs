//! Invariant 10: callbacks arrive at least once, with a stable id; they end with a 2xx or the last try.

use agent_runner_domain::{JobId, job::CALLBACK_TRIES_MAX, ports::Delivery};

use super::{CALLBACKS, Change, Check};
use crate::{ledger::Delivered, world::World};

fn delivery_id(job: JobId, end: u32) -> String {
    format!("evt_{job}_{end}")
}

/// The receiver said 2xx, or was tried often enough.
fn is_settled(world: &World, job: JobId, end: u32) -> bool {
    let delivered = world.ledger.deliveries.get(&delivery_id(job, end));
    delivered.is_some_and(|it| it.accepted || it.times >= CALLBACK_TRIES_MAX)
}

pub(super) fn callbacks_end_with_an_answer_or_the_last_try(
    world: &World,
    change: &Change,
) -> Check {
    let Some(chore) = change.before.as_ref().and_then(|job| job.chores.callback.as_ref()) else {
        return Ok(());
    };
    let dropped = change.after.chores.callback.is_none() && !change.is_retry();
    let last_was_begun = chore.tries >= CALLBACK_TRIES_MAX;
    if dropped && !last_was_begun && !is_settled(world, change.id, change.after.ends) {
        return Err(format!("the callback was dropped after {} tries", chore.tries));
    }
    Ok(())
}

pub(super) fn every_end_was_called_back(world: &World) -> Check {
    for (id, seen) in &world.book.seen {
        let job = &seen.job;
        let troubled = !world.fair;
        // A try that was begun counts even when its orchestrator crashed before the call.
        let tried = troubled && world.ledger.deliveries.contains_key(&delivery_id(*id, job.ends));
        if job.spec.callback_url.is_some() && !is_settled(world, *id, job.ends) && !tried {
            return Err(format!("nobody was told of end {} of {id}", job.ends));
        }
    }
    Ok(())
}

impl World {
    /// Something arrived at a receiver.
    pub(crate) fn delivered(&mut self, delivery: &Delivery, accepted: bool) {
        let known = self.ledger.deliveries.entry(delivery.id.clone()).or_insert_with(|| {
            Delivered { body: delivery.body.clone(), times: 0, accepted: false }
        });
        known.times += 1;
        known.accepted |= accepted;
        if known.body != delivery.body {
            let what = format!("{} says two things: {}", delivery.id, delivery.body.get());
            self.complain(CALLBACKS, what);
        }
    }
}
