//! What is recorded stays as it was recorded first, every later attempt sees it, and it is not done again.

use agent_runner_domain::{
    JobId, RawJson,
    ports::{CallKey, LaunchKey},
};

use super::RECORDED;
use crate::{
    ledger::{Answer, Step},
    world::World,
};

impl World {
    /// The store has answered that the step is kept.
    pub(crate) fn step_recorded(&mut self, job: JobId, name: &str, value: &RawJson) {
        let Some((stored, attempt)) = self.store.inspect(|records| {
            let record = records.get(&job)?;
            let step = record.steps.iter().find(|(key, _)| key == name)?;
            Some((step.1.clone(), record.job.attempts))
        }) else {
            return self.complain(RECORDED, format!("{name:?} of {job} was kept and is not there"));
        };
        let new = || Step { attempt, value: value.clone(), answer: Answer::read(value) };
        let first = self.ledger.steps.entry((job, name.to_owned())).or_insert_with(new);
        if first.value != stored {
            let what = format!("{name:?} of {job} was {}, now {}", first.value.get(), stored.get());
            self.complain(RECORDED, what);
        }
    }

    /// A worker was told what is recorded of its job: all that earlier attempts have left, at least.
    pub(crate) fn check_steps(&mut self, key: LaunchKey, told: &[(String, RawJson)]) {
        let own = self.ledger.steps.range((key.job, String::new())..);
        let own = own.take_while(|((job, _), _)| *job == key.job);
        let missing =
            own.filter(|(_, step)| step.attempt < key.attempt).find(|((_, name), step)| {
                !told.iter().any(|(known, value)| known == name && *value == step.value)
            });
        if let Some(((_, name), _)) = missing {
            let what = format!("{key:?} does not see {name:?}, which was recorded before");
            self.complain(RECORDED, what);
        }
    }

    /// A worker is about to do what goes by this name.
    pub(crate) fn check_not_recorded(&mut self, call: CallKey, name: &str) {
        let known = self.ledger.steps.get(&(call.job, name.to_owned())).map(|step| step.attempt);
        if known.is_some_and(|attempt| attempt < call.attempt) {
            self.complain(RECORDED, format!("{name:?} is done again by {call:?}"));
        }
    }
}
