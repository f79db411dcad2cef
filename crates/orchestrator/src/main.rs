//! `agent-runner-orchestrator`: serves the API, configured by variables `AGENT_RUNNER_*`.

use std::{
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};

use agent_runner_orchestrator::program::{self, Answer, CallArgs, Config, ServeArgs};
use clap::{Parser, Subcommand};

/// Serves the API of agent-runner and runs its jobs. Every option can be given as a variable.
#[derive(Debug, Parser)]
#[command(name = "agent-runner-orchestrator", version, max_term_width = 110)]
struct Arguments {
    /// Where jobs are kept on this machine; the default is agent-runner in the user's data folder.
    #[arg(long, value_name = "FOLDER", env = "AGENT_RUNNER_DATA")]
    data: Option<PathBuf>,
    #[command(flatten)]
    serve: ServeArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask the server that runs on this machine, and print what it answers.
    ///
    /// It is looked for where it listens (see `--listen`). The exit code is 1 if it refuses or
    /// does not answer.
    Call(CallArgs),
    /// Say by the exit code whether the server that runs on this machine lives.
    Health,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { data, serve: args, command } = arguments;
    let runtime = program::runtime()?;
    let listen = args.server.listen;
    match command {
        Some(Command::Call(args)) => return runtime.block_on(call(listen, &args)),
        Some(Command::Health) => runtime.block_on(program::health(listen))?,
        None => {
            let config = Config { data, args, own_worker: None, dispatch: true, demo: None };
            runtime.block_on(program::serve(config))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn call(listen: SocketAddr, args: &CallArgs) -> anyhow::Result<ExitCode> {
    let answer = program::call(listen, args).await?;
    print(&answer, args.with_status)?;
    let Some(complaint) = answer.complaint() else { return Ok(ExitCode::SUCCESS) };
    if !args.with_status {
        eprintln!("error: {complaint}");
    }
    Ok(ExitCode::FAILURE)
}

fn print(answer: &Answer, with_status: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(&answer.body)?;
    if !answer.body.is_empty() && !answer.body.ends_with(b"\n") {
        out.write_all(b"\n")?;
    }
    if with_status {
        writeln!(out, "HTTP {}", answer.status.as_u16())?;
    }
    out.flush()
}
