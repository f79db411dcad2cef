//! Proof that the simulation bites.

use agent_runner_domain::mutant::{self, Mutant};

use crate::run::run;

/// In how many worlds a bug may hide.
const SEEDS_MAX: u64 = 3_000;

#[test]
fn every_mutant_is_caught() {
    let survivors: Vec<_> = Mutant::ALL.into_iter().filter(|mutant| !is_caught(*mutant)).collect();
    assert!(survivors.is_empty(), "the simulation does not notice {survivors:?}");
}

fn is_caught(bug: Mutant) -> bool {
    mutant::set(Some(bug));
    let caught = (0..SEEDS_MAX).find_map(|seed| Some((seed, run(seed, false).violation?)));
    mutant::set(None);
    if let Some((seed, violation)) = &caught {
        println!("{bug:?}: seed {seed}, invariant {}", violation.invariant);
    }
    caught.is_some()
}
