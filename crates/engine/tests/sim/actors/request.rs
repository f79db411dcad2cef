//! Calls from outside to whichever orchestrator answers, as over HTTP.

use std::task::Poll;

use agent_runner_engine::Engine;
use futures::FutureExt;

use crate::{schedule::ProcessId, world::Sim};

/// The answer of some orchestrator; `None` when there is none, or it crashes before it has answered.
pub(crate) async fn ask<T, F: Future<Output = T> + Send>(
    sim: &Sim,
    request: impl FnOnce(Engine) -> F,
) -> Option<T> {
    sim.sleep(1).await;
    let Some((process, engine)) = choose(sim) else {
        sim.say(|| "no orchestrator answers".to_owned());
        return None;
    };
    let mut answer = Box::pin(request(engine));
    let answer = std::future::poll_fn(|context| {
        let live = {
            let mut world = sim.world();
            let live = world.schedule.is_live(process);
            world.schedule.set_calls(live.then_some(process));
            live
        };
        if live { answer.poll_unpin(context).map(Some) } else { Poll::Ready(None) }
    })
    .await;
    sim.world().schedule.set_calls(None);
    answer
}

fn choose(sim: &Sim) -> Option<(ProcessId, Engine)> {
    let mut world = sim.world();
    let count = world.engines.len();
    if count == 0 {
        return None;
    }
    let index = world.rng.usize(..count);
    world.engines.iter().nth(index).map(|(process, engine)| (*process, engine.clone()))
}
