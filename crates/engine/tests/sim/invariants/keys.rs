//! Invariant 6: the same key with the same body is the same job; with another body it is refused.

use agent_runner_domain::JobId;
use agent_runner_engine::jobs::Draft;

use super::ONE_KEY;
use crate::world::World;

impl World {
    /// A user was told that the draft is this job.
    pub(crate) fn promised(&mut self, draft: &Draft, id: JobId) {
        if !self.ledger.accepted.contains(&id) {
            self.ledger.accepted.push(id);
        }
        let Some(idempotency) = &draft.idempotency else {
            return;
        };
        let said = (idempotency.fingerprint, id);
        let known = *self.ledger.keys.entry(idempotency.key.clone()).or_insert(said);
        if known != said {
            let what = format!("{} was {}, now it is {id}", idempotency.key, known.1);
            self.complain(ONE_KEY, what);
        }
    }

    /// A user was told that the key belongs to another body.
    pub(crate) fn key_taken(&mut self, draft: &Draft, owner: JobId) {
        let Some(idempotency) = &draft.idempotency else {
            return self.complain(ONE_KEY, format!("there was no key, yet {owner} has it"));
        };
        let Some((fingerprint, id)) = self.ledger.keys.get(&idempotency.key).copied() else {
            return;
        };
        if fingerprint == idempotency.fingerprint || id != owner {
            let what = format!("{} is {id}'s, yet {owner} has taken it", idempotency.key);
            self.complain(ONE_KEY, what);
        }
    }
}
