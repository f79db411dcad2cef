//! `agent-runner keys`

use clap::{Args, Subcommand};

use super::Context;
use crate::{exit::Exit, failure::Failure, programs};

/// Makes keys for the API of a server that others reach.
#[derive(Debug, Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    New(New),
}

/// Makes a key: its entry for the server's key file on standard output, the key itself on standard error.
///
/// For example: agent-runner keys new ci --scope read,write >> keys.jsonl
/// and then: agent-runner serve --listen 0.0.0.0:8000 --api-keys keys.jsonl
#[derive(Debug, Args)]
struct New {
    /// A name for people, to tell keys apart.
    name: String,
    /// Whose jobs the key is for.
    #[arg(long, default_value = "default")]
    tenant: String,
    /// What it may do.
    #[arg(long, value_delimiter = ',', default_value = "read,write", value_parser = ["read", "write", "admin"])]
    scope: Vec<String>,
}

impl Keys {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Exit, Failure> {
        let Command::New(new) = &self.command;
        let made = programs::new_key(&new.name, &new.tenant, &new.scope)?;
        context.output.line(made.entry)?;
        // Shown whatever --quiet says: it is never seen again.
        eprint(&made.key)?;
        context.output.note("this is the key; it is shown only now. The line on standard output goes to the server.");
        Ok(Exit::Success)
    }
}

fn eprint(key: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    Ok(writeln!(std::io::stderr(), "{key}")?)
}
