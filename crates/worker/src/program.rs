//! From the command line to the exit code.

#[cfg(feature = "aws")]
mod direct;

#[cfg(target_os = "linux")]
use std::os::fd::AsFd;
use std::{ffi::OsString, io::Write, process::ExitCode, sync::Arc};

use agent_runner_client::link::{ARTIFACT_BYTES_MAX, Gateway};
#[cfg(feature = "aws")]
use agent_runner_domain::direct_link::{DirectLink, LinkPorts};
use agent_runner_domain::ports::{Ticket, WorkerLink};
use agent_runner_handlers::Surroundings;
use agent_runner_process::{Identity, exec_guarded, host_name};
use tokio::runtime::{Builder, Runtime};

use crate::{
    arguments::{HELP, Mode},
    environment::{Environment, Way},
    exit::Ended,
    order::Order,
    patience::Patience,
    session,
};

/// Runs the worker with the arguments after the program's name.
///
/// `way_here` is what stands between a program's name and such arguments when that program is not
/// `agent-runner-worker` itself: the name of its subcommand.
#[must_use]
pub fn main_with(args: impl Iterator<Item = OsString>, way_here: &[&str]) -> ExitCode {
    let ended = match Mode::parse(args) {
        Ok(Mode::OneJob) => Prepared::new(way_here).and_then(|prepared| {
            prepared.work(|environment| Order::from_environment(environment).map(Some))
        }),
        Ok(Mode::Warm) => {
            Prepared::new(way_here).and_then(|prepared| prepared.work(ordered_by_line))
        }
        #[cfg(target_os = "linux")]
        Ok(Mode::ForkServer) => Prepared::new(way_here).and_then(serve_copies),
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

/// What can be known before there is an order.
struct Prepared {
    environment: Environment,
    /// What starts this program again.
    program: Vec<OsString>,
    host: String,
}

impl Prepared {
    fn new(way_here: &[&str]) -> Result<Self, (Ended, String)> {
        let environment = Environment::read().map_err(usage)?;
        let this = std::env::current_exe().unwrap_or_else(|_| "agent-runner-worker".into());
        let way_here = way_here.iter().map(OsString::from);
        let program = std::iter::once(this.into()).chain(way_here).collect();
        Ok(Self { environment, program, host: host_name() })
    }

    /// Everything that needs no order is done before it is asked for.
    fn work(
        self,
        order: impl FnOnce(&Environment) -> Result<Option<Order>, String>,
    ) -> Result<Ended, (Ended, String)> {
        let surroundings = Arc::new(self.surroundings());
        let runtime = runtime().map_err(|error| (Ended::Internal, error.to_string()))?;
        let reach = runtime.block_on(Reach::of(&self.environment.way))?;
        let launch = reach.launch();
        let Some(order) = order(&self.environment).map_err(usage)? else {
            return Ok(Ended::Told);
        };
        let patience = reach.patience();
        let link = reach.link(order.ticket());
        let ended = runtime.block_on(session::run(link, launch, surroundings, patience));
        // Nothing of a job is worth waiting for now; a blocked thread would only hold the exit up.
        runtime.shutdown_background();
        ended
    }

    fn surroundings(&self) -> Surroundings {
        let (version, pid) = (env!("CARGO_PKG_VERSION"), std::process::id());
        Surroundings {
            worker: format!("agent-runner-worker/{version} pid {pid}@{}", self.host),
            guard: self.program.clone(),
            search_path: self.environment.search_path.clone(),
            private_variables: self.environment.way.private_variables(),
            work_root: self.environment.work_root.clone(),
            artifact_bytes_max: ARTIFACT_BYTES_MAX,
        }
    }
}

/// What carries the words of a worker.
enum Reach {
    Gateway(Gateway),
    #[cfg(feature = "aws")]
    Stores(Box<LinkPorts>),
}

impl Reach {
    async fn of(way: &Way) -> Result<Self, (Ended, String)> {
        match way {
            Way::Link(address) => {
                let gateway = Gateway::new(address.clone());
                gateway.connect().await;
                Ok(Self::Gateway(gateway))
            }
            #[cfg(feature = "aws")]
            Way::Aws => direct::open().await.map(|ports| Self::Stores(Box::new(ports))),
        }
    }

    /// The name by which a launcher can find this process, if that is one.
    fn launch(&self) -> Option<Identity> {
        match self {
            Self::Gateway(_) => Identity::own(),
            #[cfg(feature = "aws")]
            Self::Stores(_) => None,
        }
    }

    fn patience(&self) -> Patience {
        match self {
            Self::Gateway(_) => Patience::GATEWAY,
            #[cfg(feature = "aws")]
            Self::Stores(_) => Patience::STORES,
        }
    }

    fn link(self, ticket: Ticket) -> Arc<dyn WorkerLink> {
        match self {
            Self::Gateway(gateway) => Arc::new(gateway.link(ticket)),
            #[cfg(feature = "aws")]
            Self::Stores(ports) => Arc::new(DirectLink::new(*ports, ticket)),
        }
    }
}

/// A copy of this process for each order; each runs one job and exits, as every worker does.
#[cfg(target_os = "linux")]
fn serve_copies(prepared: Prepared) -> Result<Ended, (Ended, String)> {
    use agent_runner_process::fork_server::{Role, serve};

    let failed = |error: std::io::Error| (Ended::Internal, format!("the fork server: {error}"));
    learn_the_processor();
    let socket = std::io::stdin().as_fd().try_clone_to_owned().map_err(failed)?;
    match serve(socket).map_err(failed)? {
        Role::Copy => prepared.work(ordered_by_line),
        Role::Server => Ok(Ended::Told),
    }
}

/// What the processor can do is asked once per process, and asking is slow on a virtual machine: copies know it.
#[cfg(target_os = "linux")]
fn learn_the_processor() {
    #[cfg(target_arch = "x86_64")]
    let _ = std::arch::is_x86_feature_detected!("avx2");
}

fn ordered_by_line(_: &Environment) -> Result<Option<Order>, String> {
    Order::from_line(&mut std::io::stdin().lock())
}

fn usage(message: String) -> (Ended, String) {
    (Ended::Usage, message)
}

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_io().enable_time().build()
}

/// Standard error may be gone with whoever started this process, which is no reason to fail.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "agent-runner-worker: {message}");
}
