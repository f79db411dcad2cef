//! Invariant 9: higher priority starts first among those ready; nothing starves, because age raises it.

use agent_runner_domain::{job::Status, ports::Receipt};

use super::{
    Change, Check, IN_LINE,
    book::{Seen, own_place},
};
use crate::world::{Millis, World};

/// From being ready, or from room for it, until a job is taken, when all goes well.
const TURN_TAKES: Millis = 3_000;

pub(super) fn nobody_waits_without_need(world: &World, change: &Change) -> Check {
    let claimed = change.after.status() == Status::Launching
        && change.before.as_ref().is_some_and(|job| job.status() == Status::Queued);
    let since = world.book.seen.get(&change.id).and_then(|seen| seen.in_line_since);
    let Some(since) = since.filter(|_| claimed && world.fair) else {
        return Ok(());
    };
    let waited = world.now - since.max(world.platform.full_at);
    if waited > TURN_TAKES {
        return Err(format!("waited {waited} ms although there was room"));
    }
    Ok(())
}

impl World {
    /// Messages were handed out: nobody was passed over who stood before them in line.
    pub(crate) fn received(&mut self, receipts: &[Receipt], max: usize) {
        let now = self.now;
        let taken: Vec<_> = receipts.iter().map(|receipt| receipt.job).collect();
        let last = taken.iter().filter_map(|id| self.book.seen.get(id)?.best_place).max();
        let passed_over = |id, seen: &Seen| {
            let long_ready = seen.in_line_since.is_some_and(|since| now - since > TURN_TAKES);
            let in_hand = self.ledger.received.get(id).is_some_and(|at| now - at < TURN_TAKES);
            long_ready && !in_hand && !taken.contains(id)
        };
        let waiting = self.book.seen.iter().filter(|(id, seen)| passed_over(*id, seen));
        let first = waiting.filter_map(|(id, seen)| Some((own_place(&seen.job)?, *id))).min();
        if let (Some((place, id)), Some(last)) = (first, last)
            && self.fair
            && max > 0
            && place < last
        {
            self.complain(IN_LINE, format!("{id} at {place} was passed over for one at {last}"));
        }
        self.ledger.received.extend(taken.into_iter().map(|id| (id, now)));
    }
}
