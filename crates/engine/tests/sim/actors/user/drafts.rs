//! What users ask for.

use agent_runner_domain::{
    Timestamp,
    job::{Backoff, JobSpec, Priority},
};
use agent_runner_engine::jobs::Draft;

use crate::{
    ports::{DEAF, OPEN},
    script::{self, Payload},
    world::World,
};

pub(super) fn draw(world: &mut World) -> Draft {
    let mut draft = plain(world);
    if world.chance(0.35) {
        let dependency = world.any_job();
        draft.spec.depends_on.extend(dependency);
    }
    if world.chance(0.2) {
        draft.spec.parent = world.any_job();
    }
    if world.chance(0.5) {
        draft.idempotency = Some(world.ledger.new_key());
        world.ledger.drafts.push(draft.clone());
    }
    draft
}

/// Some jobs of which each may depend on those before it.
pub(super) fn draw_chain(world: &mut World) -> Vec<Draft> {
    let length = world.rng.usize(2..5);
    let keyed = world.rng.bool();
    let mut drafts: Vec<Draft> = Vec::new();
    for position in 0..length {
        let mut draft = plain(world);
        draft.reference = Some(position.to_string());
        for earlier in 0..position {
            if world.chance(0.6) {
                draft.depends_on_references.push(earlier.to_string());
            }
        }
        draft.idempotency = keyed.then(|| world.ledger.new_key());
        drafts.push(draft);
    }
    world.rng.shuffle(&mut drafts);
    drafts
}

/// A draft whose key was used before.
pub(super) fn any_with_a_key(world: &mut World) -> Option<Draft> {
    let count = world.ledger.drafts.len();
    (count > 0).then(|| world.ledger.drafts[world.rng.usize(..count)].clone())
}

fn plain(world: &mut World) -> Draft {
    let (now, agents) = (world.now, world.agents);
    let rng = &mut world.rng;
    let mut spec = JobSpec::of_type("work");
    spec.priority = Priority::try_from(rng.i64(1..11)).expect("in range");
    spec.max_attempts = rng.u32(1..4);
    spec.max_infrastructure_attempts = rng.u32(2..11);
    spec.backoff = Backoff { initial_ms: rng.u64(100..5_000), ..Backoff::default() };
    spec.timeout_ms = rng.u64(20_000..90_000);
    if rng.u8(..5) < 2 {
        let url = if rng.u8(..15) == 0 { DEAF } else { OPEN };
        spec.callback_url = Some(url.to_owned());
    }
    let mut payload = Payload::default();
    if agents && rng.bool() {
        (payload.script, spec.budget) = script::draw(rng);
    }
    let later = (rng.u8(..5) == 0).then(|| now + rng.i64(0..30_000));
    Draft {
        spec,
        payload: payload.json(),
        not_before: later.map(Timestamp::from_millis),
        idempotency: None,
        reference: None,
        depends_on_references: Vec::new(),
    }
}
