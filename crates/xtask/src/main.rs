//! `cargo xtask`: the checks that no ready-made tool knows how to do.
//!
//! Each check prints every fault it finds, with the reason for the rule, and fails if there was one.
//! None of them needs the network.

mod bench;
mod check_deps;
mod check_errors;
mod findings;
mod licences;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Our own checks and generators")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Check who imports whom against the import table.
    CheckDeps,
    /// Check that every problem code has its page in docs/errors, and every page its code.
    CheckErrors,
    /// Measure the embedded engine, each figure beside its floor.
    Bench(Box<bench::Bench>),
    /// The server that the benchmark compares with.
    #[command(hide = true)]
    BenchFloor,
    /// Check the licence of every dependency against the list in .deny.toml.
    Licences,
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().task {
        Task::Bench(bench) => bench::run(&bench),
        Task::BenchFloor => bench::serve_floor(),
        Task::CheckDeps => check_deps::run(),
        Task::CheckErrors => check_errors::run(),
        Task::Licences => licences::run(),
    }
}
