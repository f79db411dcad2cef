//! `agent-runner serve`

use clap::Args;

use super::Context;
use crate::{
    exit::Exit,
    failure::Failure,
    programs::{self, ServeArgs},
};

/// Runs a server: the API, and the jobs that are handed in.
///
/// One server owns a data folder. It stops at Ctrl-C or SIGTERM; jobs that run then go on, and the next server
/// takes them over.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    args: ServeArgs,
}

impl Serve {
    pub(crate) async fn run(self, context: &Context<'_>) -> Result<Exit, Failure> {
        let data = programs::data_folder(context.common.data.as_deref())?;
        programs::serve(data, self.args).await?;
        Ok(Exit::Success)
    }
}
