//! Many worlds, or one that is told in full.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use crate::run::run;

const SEEDS_DEFAULT: u64 = 300;

/// # Panics
/// When the variable is set and no number.
#[expect(
    clippy::disallowed_methods,
    reason = "the test's own switches, documented in docs/simulation.md"
)]
fn number_from(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} must be a number, not {text:?}")))
}

#[test]
fn no_seed_breaks_an_invariant() {
    if let Some(seed) = number_from("AGENT_RUNNER_SIM_SEED") {
        return judge(seed, true);
    }
    let seeds = number_from("AGENT_RUNNER_SIM_SEEDS").unwrap_or(SEEDS_DEFAULT);
    let next = AtomicU64::new(0);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        return;
                    }
                    judge(seed, false);
                }
            });
        }
    });
}

fn judge(seed: u64, trace: bool) {
    let outcome = run(seed, trace);
    if trace {
        println!(
            "{} steps, {} jobs, {}",
            outcome.steps,
            outcome.jobs,
            if outcome.fair { "fair" } else { "stormy" }
        );
    }
    if let Some(violation) = outcome.violation {
        panic!(
            "seed {seed} breaks invariant {}\n  {}\nreplay: AGENT_RUNNER_SIM_SEED={seed} cargo test -p \
             agent-runner-engine --test sim -- --nocapture no_seed",
            violation.invariant, violation.what
        );
    }
}
