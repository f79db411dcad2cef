//! `agent-runner-worker`: runs one job and exits.

use std::process::ExitCode;

fn main() -> ExitCode {
    agent_runner_worker::main_with(std::env::args_os().skip(1), &[])
}
