//! Invariant 8: an accepted job is found, a final state stays, events are numbered without gaps.

use agent_runner_domain::{
    JobId,
    event::EventBody,
    job::{AttemptEnd, HISTORY_MAX, Verdict},
    ports::LaunchKey,
};

use super::{Change, Check, PROMISES};
use crate::{actors::worker::line, world::World};

pub(super) fn nothing_is_taken_back(world: &World, change: &Change) -> Check {
    for (event, seq) in change.new_events.iter().zip(change.events_before + 1..) {
        if event.seq != u64::try_from(seq).expect("few events") {
            return Err(format!("event {seq} has the number {}", event.seq));
        }
    }
    let Some(before) = &change.before else {
        return Ok(());
    };
    let job = &change.after;
    if job.attempts < before.attempts || job.ends < before.ends || job.spec != before.spec {
        return Err("the job went back in its life".to_owned());
    }
    if !before.status().is_final() {
        return Ok(());
    }
    if change.is_retry() {
        let carried_out = world.book.seen.get(&change.id).map_or(0, |seen| seen.retries);
        let asked = world.ledger.retries.get(&change.id).copied().unwrap_or(0);
        if carried_out >= asked {
            return Err(format!("{} began again and nobody had asked", before.status()));
        }
    } else if before.state != job.state || before.ends != job.ends {
        return Err(format!("{:?} became {:?}", before.state, job.state));
    }
    Ok(())
}

impl World {
    /// A worker was told that its lines up to `count` are stored.
    pub(crate) fn check_lines(&mut self, key: LaunchKey, count: u64) {
        self.ledger.lines.insert(key, count);
        let stored = self.stored_lines(key);
        let expected: Vec<_> = (1..=u64::try_from(stored.len()).expect("few")).map(line).collect();
        let enough = stored.len() >= usize::try_from(count).expect("few");
        if stored != expected || !enough {
            self.complain(PROMISES, format!("{key:?} sent {count} lines, stored are {stored:?}"));
        }
    }

    fn stored_lines(&self, key: LaunchKey) -> Vec<String> {
        self.store.inspect(|records| {
            let events = records.get(&key.job).map_or(&[][..], |record| &record.events);
            let own = events.iter().filter(|event| event.event.attempt == key.attempt);
            let line = |body: &EventBody| match body {
                EventBody::Log { line, .. } => Some(line.clone()),
                _ => None,
            };
            own.filter_map(|event| line(&event.event.body)).collect()
        })
    }

    /// A worker was told that its last word is stored.
    pub(crate) fn check_heard(&mut self, key: LaunchKey, verdict: &Verdict) {
        let Some(history) = self
            .store
            .inspect(|records| Some(records.get(&key.job)?.job.history.clone()))
            .filter(|history| history.len() < HISTORY_MAX)
        else {
            return;
        };
        let record = history.iter().find(|record| record.number == key.attempt);
        let same = match (record.map(|record| &record.end), verdict) {
            (Some(AttemptEnd::Succeeded), Verdict::Succeeded)
            | (Some(AttemptEnd::Waited), Verdict::Waiting { .. }) => true,
            (Some(AttemptEnd::Failed(cause)), Verdict::Failed(failure)) => {
                cause.kind == failure.kind
            }
            _ => false,
        };
        if !same {
            self.complain(
                PROMISES,
                format!("{key:?} was told that {verdict:?} is stored: {record:?}"),
            );
        }
        let lines = self.stored_lines(key).len();
        self.check_lines(key, u64::try_from(lines).expect("few"));
    }

    /// A reader was told that it has read the whole log.
    pub(crate) fn check_complete(&mut self, id: JobId, last: u64) {
        let retried = self.ledger.retries.contains_key(&id);
        let stored = self.store.inspect(|records| records.get(&id).map_or(0, |r| r.events.len()));
        if !retried && u64::try_from(stored).expect("few") != last {
            self.complain(PROMISES, format!("{id} has {stored} events, a reader was told {last}"));
        }
    }
}
