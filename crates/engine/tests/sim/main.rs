//! The whole engine in worlds that seeds make; see `docs/simulation.md`.

mod actors;
mod invariants;
mod ledger;
mod mutants;
mod platform;
mod ports;
mod provider;
mod run;
mod schedule;
mod script;
mod seeds;
mod trace;
mod weather;
mod world;
