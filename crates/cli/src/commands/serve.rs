//! `agent-runner serve`

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::Context;
use crate::{
    demo,
    exit::Exit,
    failure::Failure,
    programs::{self, BackendKind, ServeArgs},
};

/// Commands without a server own the data folder for a moment.
const COMMANDS_PATIENCE: Duration = Duration::from_millis(500);

/// Runs a server: the API, and the jobs that are handed in.
///
/// One server owns a data folder; on AWS (--backend aws) any number serve one installation. It stops at Ctrl-C or
/// SIGTERM; jobs that run then go on, and the next server takes them over.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    args: ServeArgs,
}

impl Serve {
    pub(crate) async fn run(self, context: &Context<'_>) -> Result<Exit, Failure> {
        let data = match self.args.backend.backend {
            BackendKind::Local => Some(free_folder(context).await?),
            BackendKind::Aws => None,
        };
        let demo = context.common.demo().await?;
        if demo.is_some() {
            context.output.note(demo::NOTICE);
        }
        programs::serve(data, self.args, demo.as_ref()).await?;
        Ok(Exit::Success)
    }
}

async fn free_folder(context: &Context<'_>) -> Result<PathBuf, Failure> {
    let data = context.common.data_folder()?;
    let commands_leave = tokio::time::Instant::now() + COMMANDS_PATIENCE;
    while programs::is_owned(&data) && tokio::time::Instant::now() < commands_leave {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(data)
}
