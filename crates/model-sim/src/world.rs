//! What the simulator remembers.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::answer::Answer;
use crate::ask::Ask;
use crate::fault::Fault;
use crate::{demo, rules};

/// Everything that one simulator knows. Its clock is the pace of its streams.
#[derive(Debug, Default)]
pub struct World(Mutex<Memory>);

#[derive(Debug, Default)]
pub(crate) struct Memory {
    calls: BTreeMap<String, Calls>,
    faults: Vec<Fault>,
    answers: Vec<Scripted>,
    pub(crate) cached: HashSet<String>,
    pace: Duration,
    /// Whether people look on.
    demo: bool,
    ids: u64,
    requests: VecDeque<Request>,
}

/// How many requests are remembered in full.
const REQUESTS_MAX: usize = 1000;

/// A request that was not refused, as it came.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Request {
    api: &'static str,
    body: Value,
}

/// The calls that had the same content.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Calls {
    model: String,
    prompt: String,
    /// How often it was asked.
    pub(crate) asked: u32,
    /// How often it was answered, even if the connection broke then: a real one sends a bill for that.
    pub(crate) paid: u32,
}

/// An answer for certain calls.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scripted {
    /// Only for prompts with this text in them.
    pub contains: String,
    /// How often; without a number, always.
    pub times: Option<u32>,
    pub answer: Answer,
}

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) asked: u32,
    pub(crate) paid: u32,
    pub(crate) calls: BTreeMap<String, Calls>,
}

impl World {
    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Between two pieces of a stream.
    pub fn set_pace(&self, pace: Duration) {
        self.memory().pace = pace;
    }

    pub(crate) fn pace(&self) -> Duration {
        self.memory().pace
    }

    /// From now on, what no script answers is answered at more length, for people who try things out.
    pub fn speak_to_people(&self) {
        self.memory().demo = true;
    }

    pub fn add_fault(&self, fault: Fault) {
        self.memory().faults.push(fault);
    }

    pub fn add_answer(&self, answer: Scripted) {
        self.memory().answers.push(answer);
    }

    /// Scripts that were not used yet are not used any more.
    pub fn forget_answers(&self) {
        self.memory().answers.clear();
    }

    pub(crate) fn forget_calls(&self) {
        let mut memory = self.memory();
        memory.calls.clear();
        memory.requests.clear();
    }

    pub(crate) fn keep(&self, api: &'static str, body: &Value) {
        let mut memory = self.memory();
        if memory.requests.len() == REQUESTS_MAX {
            memory.requests.pop_front();
        }
        memory.requests.push_back(Request { api, body: body.clone() });
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.memory().requests.iter().cloned().collect()
    }

    /// The calls so far, by the fingerprint of their content.
    pub(crate) fn report(&self) -> Report {
        let calls = self.memory().calls.clone();
        let asked = calls.values().map(|calls| calls.asked).sum();
        let paid = calls.values().map(|calls| calls.paid).sum();
        Report { asked, paid, calls }
    }

    /// The bodies of the last requests that were well-formed, oldest first.
    #[must_use]
    pub fn bodies(&self) -> Vec<Value> {
        self.memory().requests.iter().map(|request| request.body.clone()).collect()
    }

    /// How many calls were answered.
    #[must_use]
    pub fn paid(&self) -> u32 {
        self.report().paid
    }

    /// How many of those had been answered before.
    #[must_use]
    pub fn paid_again(&self) -> u32 {
        self.report().calls.values().map(|calls| calls.paid.saturating_sub(1)).sum()
    }

    /// How many calls were heard, answered or not.
    #[must_use]
    pub fn heard(&self) -> u32 {
        self.report().asked
    }

    /// Notes that this was asked, and returns how often it had been before.
    pub(crate) fn asked(&self, fingerprint: &str, ask: &Ask) -> u32 {
        let mut memory = self.memory();
        let calls = memory.calls.entry(fingerprint.to_owned()).or_default();
        calls.model.clone_from(&ask.model);
        calls.prompt = ask.prompt.chars().take(80).collect();
        calls.asked += 1;
        calls.asked - 1
    }

    pub(crate) fn paid_for(&self, fingerprint: &str) {
        if let Some(calls) = self.memory().calls.get_mut(fingerprint) {
            calls.paid += 1;
        }
    }

    /// The next fault of those that were ordered for any call, or for those like this one.
    pub(crate) fn ordered_fault(&self, prompt: &str) -> Option<Fault> {
        let mut memory = self.memory();
        let at = memory.faults.iter().position(|fault| prompt.contains(&fault.contains))?;
        let fault = &mut memory.faults[at];
        let left = fault.times.unwrap_or(1).saturating_sub(1);
        fault.times = Some(left);
        let fault = fault.clone();
        if left == 0 {
            memory.faults.remove(at);
        }
        Some(fault)
    }

    pub(crate) fn answer(&self, ask: &Ask) -> Answer {
        let by_rule = if self.memory().demo { demo::answer } else { rules::answer };
        let answer = self.scripted(ask).unwrap_or_else(|| by_rule(ask));
        answer.within(&ask.stops, ask.output_tokens_max)
    }

    fn scripted(&self, ask: &Ask) -> Option<Answer> {
        let mut memory = self.memory();
        let fits = |scripted: &Scripted| ask.prompt.contains(&scripted.contains);
        let at = memory.answers.iter().position(fits)?;
        let scripted = &mut memory.answers[at];
        let answer = scripted.answer.clone();
        if let Some(times) = &mut scripted.times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                memory.answers.remove(at);
            }
        }
        Some(answer)
    }

    /// A name that nothing else has.
    pub(crate) fn id(&self, prefix: &str) -> String {
        let mut memory = self.memory();
        memory.ids += 1;
        format!("{prefix}sim{:020}", memory.ids)
    }
}

/// Fields that do not change what is asked.
const BESIDE_THE_POINT: [&str; 3] = ["stream", "stream_options", "metadata"];

/// The same for the same content, streamed or not.
pub(crate) fn fingerprint(body: &Value) -> String {
    let mut body = body.clone();
    if let Value::Object(fields) = &mut body {
        for name in BESIDE_THE_POINT {
            fields.remove(name);
        }
    }
    digest(&sorted(&body).to_string())
}

pub(crate) fn digest(text: &str) -> String {
    Sha256::digest(text)
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat()
}

/// The same value with its names in order, whatever order a build of `serde_json` keeps.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(fields) => {
            let ordered: BTreeMap<&String, Value> =
                fields.iter().map(|(name, value)| (name, sorted(value))).collect();
            ordered.into_iter().map(|(name, value)| (name.clone(), value)).collect()
        }
        other => other.clone(),
    }
}
