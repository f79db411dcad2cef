//! The tools of one attempt, ready to be called.

mod fill;
mod prepared;

use std::{rc::Rc, time::Duration};

use agent_runner_domain::job::{CauseKind, Failure};
use serde_json::Value;
use tempfile::TempDir;

use self::prepared::Prepared;
use super::{
    Definition, Output, Specs, Tool,
    files::Folder,
    jobs::{JobLimits, Started},
    mcp::Server,
    program::end_all,
    schema::Compiled,
    secrets::Hidden,
    shortened,
    spec::Spec,
};
use crate::Context;

/// What the tools of a job may take and do.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Of one call.
    pub(crate) call_max: Duration,
    pub(crate) jobs: JobLimits,
}

/// The fields are dropped in this order: tools, their servers, their folder.
pub(crate) struct Toolbox<'a> {
    tools: Vec<Ready<'a>>,
    servers: Vec<Rc<Server>>,
    folder: Rc<Folder>,
    _place: TempDir,
    started: Rc<Started>,
    hidden: Hidden,
    call_max: Duration,
    starts_programs: bool,
    context: &'a Context,
}

struct Ready<'a> {
    tool: Box<dyn Tool + 'a>,
    schema: Compiled,
}

impl<'a> Toolbox<'a> {
    /// Makes the tools ready; `None` if there are none. An attempt has at most one toolbox, for it has one folder.
    ///
    /// # Errors
    /// When a tool cannot be made ready: a secret is missing, an MCP server does not start, two tools have the same
    /// name.
    pub(crate) async fn open(
        specs: &Specs,
        limits: Limits,
        context: &'a Context,
    ) -> Result<Option<Self>, Failure> {
        if specs.is_empty() {
            return Ok(None);
        }
        let specs = specs.read().map_err(|(index, fault)| {
            let message = format!("`/tools/{index}{}`: {}", fault.path, fault.message);
            Failure::lasting(CauseKind::InvalidPayload, message)
        })?;
        let place = context.make_folder();
        let folder = place.and_then(|place| Ok((Folder::new(place.path().to_owned())?, place)));
        let (folder, place) = folder.map_err(|error| {
            let message = format!("the working folder cannot be made: {error}");
            Failure::passing(CauseKind::HandlerError, message)
        })?;
        let mut toolbox = Self {
            tools: Vec::new(),
            servers: Vec::new(),
            folder: Rc::new(folder),
            _place: place,
            started: Rc::default(),
            hidden: Hidden::default(),
            call_max: limits.call_max,
            starts_programs: specs.iter().any(Spec::starts_programs),
            context,
        };
        toolbox.fill(&specs, limits.jobs).await?;
        Ok(Some(toolbox))
    }

    pub(crate) fn definitions(&self) -> impl Iterator<Item = &Definition> {
        self.tools.iter().map(|ready| ready.tool.definition())
    }

    /// The call, if it can be made; else what to tell the model. `input` is an error when the model wrote no object.
    pub(crate) fn prepare<'b>(
        &'b self,
        name: &str,
        input: &'b Result<Value, String>,
    ) -> Result<Prepared<'b, 'a>, Output> {
        let find = |ready: &&Ready<'a>| ready.tool.definition().name == name;
        let Some(ready) = self.tools.iter().find(find) else {
            let known: Vec<&str> = self.definitions().map(|tool| tool.name.as_str()).collect();
            let known = known.join(", ");
            return Err(Output::error(format!("there is no tool `{name}`; there are: {known}")));
        };
        let input = input.as_ref().map_err(|text| {
            let text = shortened(text.clone(), 500);
            Output::error(format!("the input has to be a JSON object, and was: {text}"))
        })?;
        ready.schema.check(input).map_err(|faults| {
            Output::error(format!("the input does not fit the schema of `{name}`:\n{faults}"))
        })?;
        Ok(Prepared { toolbox: self, ready, input })
    }

    /// Takes up what a call in an earlier attempt has left.
    ///
    /// # Errors
    /// When it cannot be had any more.
    pub(crate) async fn resume(&self, name: &str, earlier: &Output) -> Result<(), Failure> {
        for file in &earlier.files {
            self.folder.restore(file, self.context).await?;
        }
        let mut tools = self.tools.iter().map(|ready| &ready.tool);
        if let Some(tool) = tools.find(|tool| tool.definition().name == name) {
            tool.remember(earlier);
        }
        Ok(())
    }

    /// Says goodbye to servers, and ends what is left of what tools have started.
    pub(crate) async fn close(mut self) {
        self.tools.clear();
        let servers = std::mem::take(&mut self.servers);
        let goodbye = futures::future::join_all(servers.into_iter().map(Server::close));
        // A job that is stopped has no time for manners; what is dropped is killed.
        self.context.cancelled.run_until_cancelled(goodbye).await;
        if self.starts_programs {
            end_all();
        }
    }
}
