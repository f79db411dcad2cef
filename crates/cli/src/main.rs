//! `agent-runner`: jobs from the command line.
//!
//! It talks to the API as any other client does. Where no server runs it starts one inside itself, on the same
//! data folder, for as long as the command takes; so nothing here knows how jobs are kept or run.

mod args;
mod clock;
mod commands;
mod demo;
mod environment;
mod estimate;
mod exit;
mod failure;
mod interrupt;
mod notify;
mod output;
mod payload;
mod programs;
mod server;
mod waiting;

use std::process::ExitCode;

use clap::Parser;

use crate::{args::Cli, exit::Exit, failure::Failure, output::Output};

fn main() -> ExitCode {
    // A worker starts often and its arguments are its own: nothing else is looked at.
    let mut arguments = std::env::args_os().skip(1).peekable();
    if arguments.next_if(|first| first == programs::WORKER).is_some() {
        return programs::worker(arguments);
    }
    let Cli { common, command } = Cli::parse();
    let output = Output::new(common.json, common.quiet, common.verbose);
    let done = runtime().and_then(|runtime| {
        let done = runtime.block_on(commands::run(command, &common, &output));
        // Nothing that still blocks a thread (a read of the terminal, say) may hold the exit up.
        runtime.shutdown_background();
        done
    });
    done.unwrap_or_else(|failure| report(&output, &failure)).into()
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(|error| Failure::machine(format!("no threads can be started: {error}")))
}

fn report(output: &Output, failure: &Failure) -> Exit {
    if !failure.is_silent() {
        output.complain(failure);
    }
    failure.exit
}
