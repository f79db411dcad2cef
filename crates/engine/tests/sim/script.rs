//! What agents do, attempt for attempt the same: it travels in the payload of their jobs.

use agent_runner_domain::{Money, RawJson};
use fastrand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Generations below the root.
const DEPTH_MAX: usize = 3;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Move {
    /// Asks a model, once for all attempts.
    Ask {
        name: String,
        /// The most that it can cost, in nanodollars; a model without a price has none.
        most: Option<u64>,
    },
    /// Starts these jobs, or finds those that an earlier attempt has started.
    Start(Vec<Child>),
    /// Waits for all that it has started so far.
    Wait,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Child {
    pub(crate) key: String,
    pub(crate) budget: Option<Money>,
    pub(crate) script: Vec<Move>,
}

/// What a job of type `work` is told.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Payload {
    /// Its name among its parent's children.
    #[serde(default)]
    pub(crate) key: Option<String>,
    #[serde(default)]
    pub(crate) script: Vec<Move>,
}

impl Payload {
    pub(crate) fn read(payload: &RawJson) -> Self {
        serde_json::from_str(payload.get()).expect("the simulation makes all payloads")
    }

    pub(crate) fn json(&self) -> RawJson {
        RawJson::from(&json!(self))
    }
}

/// The script of a root, and its budget.
pub(crate) fn draw(rng: &mut Rng) -> (Vec<Move>, Option<Money>) {
    if rng.u8(..5) == 0 {
        return race(rng);
    }
    let mut members = rng.usize(..6);
    let script = moves(rng, 0, &mut members);
    let budget = rng.bool().then(|| Money::from_nanodollars(rng.u64(50..400)));
    (script, budget)
}

/// Many at once for one budget that is not enough for all.
fn race(rng: &mut Rng) -> (Vec<Move>, Option<Money>) {
    let runner = |number: usize| {
        let asks = (0..2).map(|turn| Move::Ask { name: format!("ask-{turn}"), most: Some(60) });
        Child { key: format!("runner-{number}"), budget: None, script: asks.collect() }
    };
    let runners = (0..rng.usize(3..5)).map(runner).collect();
    let budget = Money::from_nanodollars(rng.u64(60..300));
    (vec![Move::Start(runners), Move::Wait], Some(budget))
}

fn moves(rng: &mut Rng, depth: usize, members: &mut usize) -> Vec<Move> {
    let mut moves = Vec::new();
    for number in 0..rng.usize(1..4) {
        if depth == DEPTH_MAX || *members == 0 || rng.bool() {
            moves.push(Move::Ask { name: format!("ask-{number}"), most: price(rng) });
            continue;
        }
        let count = rng.usize(1..3).min(*members);
        *members -= count;
        let child = |position| Child {
            key: format!("child-{number}-{position}"),
            budget: (rng.u8(..4) == 0).then(|| Money::from_nanodollars(rng.u64(50..200))),
            script: moves_of_child(rng, depth, members),
        };
        moves.push(Move::Start((0..count).map(child).collect()));
        if rng.u8(..3) > 0 {
            moves.push(Move::Wait);
        }
    }
    moves
}

/// Some children only print lines.
fn moves_of_child(rng: &mut Rng, depth: usize, members: &mut usize) -> Vec<Move> {
    if rng.u8(..4) == 0 { Vec::new() } else { moves(rng, depth + 1, members) }
}

fn price(rng: &mut Rng) -> Option<u64> {
    match rng.u8(..10) {
        0 => None,
        1 => Some(0),
        _ => Some(rng.u64(1..100)),
    }
}
