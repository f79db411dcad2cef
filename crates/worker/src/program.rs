//! From the command line to the exit code.

use std::{ffi::OsString, io::Write, process::ExitCode, sync::Arc};

use agent_runner_client::link::{ARTIFACT_BYTES_MAX, GatewayLink};
use agent_runner_handlers::Surroundings;
use agent_runner_process::{Identity, exec_guarded, host_name};
use tokio::runtime::{Builder, Runtime};

use crate::{
    arguments::{HELP, Mode},
    environment::{self, Environment},
    exit::Ended,
    order::Order,
    session,
};

/// Runs the worker with the arguments after the program's name.
///
/// `way_here` is what stands between a program's name and such arguments when that program is not
/// `agent-runner-worker` itself: the name of its subcommand.
#[must_use]
pub fn main_with(args: impl Iterator<Item = OsString>, way_here: &[&str]) -> ExitCode {
    let ended = match Mode::parse(args) {
        Ok(Mode::OneJob) => {
            work(way_here, |environment| Order::from_environment(environment).map(Some))
        }
        Ok(Mode::Warm) => work(way_here, |_| Order::from_line(&mut std::io::stdin().lock())),
        Ok(Mode::Guard(args)) => {
            let error = exec_guarded(args.into_iter());
            Err((Ended::NotExecutable, format!("the program cannot be started: {error}")))
        }
        Ok(Mode::Say(text)) => {
            let _ = writeln!(std::io::stdout(), "{text}");
            Ok(Ended::Told)
        }
        Err(unknown) => Err((Ended::Usage, format!("unknown argument `{unknown}`\n\n{HELP}"))),
    };
    let ended = ended.unwrap_or_else(|(ended, message)| {
        complain(&message);
        ended
    });
    ended.into()
}

/// Everything that needs no order is done before there is one.
fn work(
    way_here: &[&str],
    order: impl FnOnce(&Environment) -> Result<Option<Order>, String>,
) -> Result<Ended, (Ended, String)> {
    let usage = |message| (Ended::Usage, message);
    let environment = Environment::read().map_err(usage)?;
    let surroundings = Arc::new(surroundings(&environment, way_here));
    let launch = Identity::own();
    let runtime = runtime().map_err(|error| (Ended::Internal, error.to_string()))?;
    let Some(order) = order(&environment).map_err(usage)? else {
        return Ok(Ended::Told);
    };
    let link = Arc::new(GatewayLink::new(environment.link, order.ticket()));
    let ended = runtime.block_on(session::run(link, launch, surroundings));
    // Nothing of a job is worth waiting for now; a blocked thread would only hold the exit up.
    runtime.shutdown_background();
    ended
}

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_io().enable_time().build()
}

fn surroundings(environment: &Environment, way_here: &[&str]) -> Surroundings {
    let version = env!("CARGO_PKG_VERSION");
    let (pid, host) = (std::process::id(), host_name());
    let program = std::env::current_exe().unwrap_or_else(|_| "agent-runner-worker".into());
    let way_here = way_here.iter().map(OsString::from);
    Surroundings {
        worker: format!("agent-runner-worker/{version} pid {pid}@{host}"),
        guard: std::iter::once(program.into()).chain(way_here).collect(),
        search_path: environment.search_path.clone(),
        private_variables: environment::PRIVATE,
        work_root: environment.work_root.clone(),
        artifact_bytes_max: ARTIFACT_BYTES_MAX,
    }
}

/// Standard error may be gone with whoever started this process, which is no reason to fail.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "agent-runner-worker: {message}");
}
