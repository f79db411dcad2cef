//! The loops as they run for themselves, while a backend is away or behind. Virtual time.

use std::time::Duration;

use agent_runner_domain::ports::Clock;
use agent_runner_engine::{
    jobs::Draft,
    runner::{self, RunnerConfig},
};

use crate::world::{World, draft};

const TICK: Duration = Duration::from_millis(100);

/// A world whose loops run and whose clock goes with tokio's.
async fn started() -> World {
    let world = World::new();
    let clock = world.clock.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(TICK).await;
            clock.advance(TICK);
        }
    });
    // The loops go on without the handle, until the test's runtime ends.
    runner::start(&world.engine, RunnerConfig { dispatch: true }).await.unwrap();
    world
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

fn launches(world: &World) -> usize {
    world.launches.notes().launched.len()
}

#[tokio::test(start_paused = true)]
async fn what_was_accepted_while_the_queue_was_away_starts_when_it_is_back() {
    let world = started().await;
    world.queue.refuse(true);
    world.submit_all(vec![draft(), draft(), draft()]).await;
    pass(40 * 60).await;
    assert_eq!(launches(&world), 0);
    world.queue.refuse(false);
    pass(5).await;
    assert_eq!(launches(&world), 3);
}

#[tokio::test(start_paused = true)]
async fn a_job_for_soon_is_in_time_though_the_index_lags() {
    let world = started().await;
    pass(60).await;
    world.store.lag(2);
    let not_before = Some(world.clock.now().plus(Duration::from_secs(3)));
    world.submit(Draft { not_before, ..draft() }).await;
    pass(4).await;
    assert_eq!(launches(&world), 1);
}

#[tokio::test(start_paused = true)]
async fn who_has_nothing_to_do_looks_four_times_a_minute() {
    let world = started().await;
    pass(60).await;
    let before = world.store.looks();
    pass(60).await;
    assert_eq!(world.store.looks() - before, 4);
}
