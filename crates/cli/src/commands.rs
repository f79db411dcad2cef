//! One file per command: what can be typed after its name, and what it does.

pub(crate) mod artifacts;
pub(crate) mod budget;
pub(crate) mod change;
pub(crate) mod completions;
pub(crate) mod cost;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod get;
pub(crate) mod job_types;
pub(crate) mod keys;
pub(crate) mod list;
pub(crate) mod logs;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod submit;
pub(crate) mod watch;

use crate::{
    args::{Command, Common},
    exit::Exit,
    failure::Failure,
    output::Output,
    server::{Need, Server},
};

/// What a command has to work with.
pub(crate) struct Context<'a> {
    pub(crate) common: &'a Common,
    pub(crate) output: &'a Output,
}

impl Context<'_> {
    /// Does something with a server, and ends what was started for it.
    async fn with_server(
        &self,
        need: Need,
        work: impl AsyncFnOnce(&mut Server<'_>) -> Result<Exit, Failure>,
    ) -> Result<Exit, Failure> {
        let mut server = Server::connect(self.common, need).await?;
        let exit = work(&mut server).await;
        server.done().await;
        exit
    }
}

pub(crate) async fn run(
    command: Command,
    common: &Common,
    output: &Output,
) -> Result<Exit, Failure> {
    let context = Context { common, output };
    match command {
        Command::Run(run) => run.run(&context).await,
        Command::Submit(submit) => submit.run(&context).await,
        Command::Get(get) => get.run(&context).await,
        Command::List(list) => list.run(&context).await,
        Command::Watch(watch) => watch.run(&context).await,
        Command::Logs(logs) => logs.run(&context).await,
        Command::Cancel(cancel) => cancel.run(&context).await,
        Command::Retry(retry) => retry.run(&context).await,
        Command::Priority(priority) => priority.run(&context).await,
        Command::Cost(cost) => cost.run(&context).await,
        Command::Budget(budget) => budget.run(&context).await,
        Command::Explain(explain) => explain.run(&context).await,
        Command::Artifacts(artifacts) => artifacts.run(&context).await,
        Command::JobTypes(job_types) => job_types.run(&context).await,
        Command::Serve(serve) => serve.run(&context).await,
        Command::Doctor(doctor) => doctor.run(&context).await,
        Command::Keys(keys) => keys.run(&context),
        Command::Completions(completions) => completions.run(&context),
    }
}
