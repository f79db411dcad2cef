//! The tools of one attempt, ready to be called.

use std::{collections::HashSet, rc::Rc, time::Duration};

use agent_runner_domain::{
    event::LogStream,
    job::{CauseKind, Failure},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::timeout;

use super::{
    ALLOW_PRIVATE, Answer, Call, Definition, Output, Specs, Tool,
    bound::OUTPUT_CHARS_MAX,
    builtin::Builtin,
    calculator::Calculator,
    files::{Folder, ListFiles, ReadFile, WriteFile},
    http_fetch::HttpFetch,
    http_tool::HttpTool,
    jobs::{JobLimits, Started, SubmitJob, WaitForJobs},
    mcp::{McpTool, Server},
    net::Net,
    program::end_all,
    run_command::RunCommand,
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

    async fn fill(&mut self, specs: &[Spec], jobs: JobLimits) -> Result<(), Failure> {
        let net = Rc::new(Net::new(allows_private(self.context).await?));
        let jobs = Rc::new(jobs);
        for spec in specs {
            match spec {
                Spec::Builtin(builtin) => self.add(self.builtin(*builtin, &net, &jobs))?,
                Spec::Http(spec) => {
                    let tool = HttpTool::new(spec, net.clone(), self.context, &mut self.hidden);
                    let tool = Box::new(tool.await?);
                    self.add(tool)?;
                }
                Spec::Mcp(spec) => {
                    let root = self.folder.root();
                    let connecting =
                        Server::connect(spec, root, &net, self.context, &mut self.hidden);
                    let (server, tools) =
                        connecting.await.map_err(|failure| self.without_secrets(failure))?;
                    self.servers.push(server.clone());
                    for tool in tools {
                        self.add_mcp(&server, &spec.mcp, &tool).await?;
                    }
                }
            }
        }
        self.check_names()
    }

    fn builtin(&self, builtin: Builtin, net: &Rc<Net>, jobs: &Rc<JobLimits>) -> Box<dyn Tool + 'a> {
        let (folder, started, context) = (self.folder.clone(), self.started.clone(), self.context);
        match builtin {
            Builtin::HttpFetch => Box::new(HttpFetch::new(net.clone())),
            Builtin::ReadFile => Box::new(ReadFile::new(folder)),
            Builtin::WriteFile => Box::new(WriteFile::new(folder, context)),
            Builtin::ListFiles => Box::new(ListFiles::new(folder)),
            Builtin::RunCommand => Box::new(RunCommand::new(folder, context)),
            Builtin::Calculator => Box::new(Calculator::new()),
            Builtin::SubmitJob => Box::new(SubmitJob::new(jobs.clone(), started, context)),
            Builtin::WaitForJobs => Box::new(WaitForJobs::new(started, context)),
        }
    }

    fn add(&mut self, tool: Box<dyn Tool + 'a>) -> Result<(), Failure> {
        let schema = Compiled::of(&tool.definition().input_schema).map_err(|fault| {
            let name = &tool.definition().name;
            let message =
                format!("the schema of the tool `{name}`: {}: {}", fault.path, fault.message);
            Failure::lasting(CauseKind::InvalidPayload, message)
        })?;
        self.tools.push(Ready { tool, schema });
        Ok(())
    }

    /// One tool with a strange schema does not spoil the others of its server.
    async fn add_mcp(
        &mut self,
        server: &Rc<Server>,
        name: &str,
        tool: &rmcp::model::Tool,
    ) -> Result<(), Failure> {
        let made = McpTool::new(server.clone(), tool);
        let added = match made {
            Ok(made) => self.add(Box::new(made)).map_err(|failure| failure.message),
            Err(reason) => Err(reason),
        };
        if let Err(reason) = added {
            let line =
                format!("MCP server `{name}`: its tool `{}` is left out: {reason}", tool.name);
            self.context.events.log(LogStream::Worker, line).await;
        }
        Ok(())
    }

    fn check_names(&self) -> Result<(), Failure> {
        let mut names = HashSet::new();
        for definition in self.definitions() {
            if !names.insert(&definition.name) {
                let message = format!(
                    "two tools are called `{}`; rename one, or give its MCP server another name",
                    definition.name
                );
                return Err(Failure::lasting(CauseKind::InvalidPayload, message));
            }
        }
        Ok(())
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

/// A call that can be made.
pub(crate) struct Prepared<'b, 'a> {
    toolbox: &'b Toolbox<'a>,
    ready: &'b Ready<'a>,
    input: &'b Value,
}

impl Prepared<'_, '_> {
    pub(crate) fn is_repeatable(&self) -> bool {
        self.ready.tool.is_repeatable()
    }

    /// # Errors
    /// When the job is stopped, or cannot go on.
    pub(crate) async fn run(self, key: &str) -> Result<Answer, Failure> {
        let toolbox = self.toolbox;
        let call = self.ready.tool.call(Call { key, input: self.input });
        let limited = timeout(toolbox.call_max, call);
        let Some(ended) = toolbox.context.cancelled.run_until_cancelled(limited).await else {
            let message =
                format!("stopped while the tool `{}` ran", self.ready.tool.definition().name);
            return Err(Failure::passing(CauseKind::Interrupted, message));
        };
        let answer = ended.unwrap_or_else(|_| {
            let seconds = toolbox.call_max.as_secs();
            let message =
                format!("the tool has taken longer than {seconds} seconds and was stopped");
            Ok(Output::error(message).into())
        });
        Ok(match answer? {
            Answer::Output(output) => Answer::Output(toolbox.bounded(output)),
            waits @ Answer::Waits(_) => waits,
        })
    }
}

impl Toolbox<'_> {
    fn without_secrets(&self, failure: Failure) -> Failure {
        Failure { message: self.hidden.out_of(failure.message), ..failure }
    }

    /// Some providers refuse an answer without any content.
    fn bounded(&self, output: Output) -> Output {
        let content = shortened(self.hidden.out_of(output.content), OUTPUT_CHARS_MAX);
        let content = if content.trim().is_empty() { "(no output)".to_owned() } else { content };
        let sources = output.sources.into_iter().map(|source| self.hidden.out_of(source)).collect();
        Output { content, sources, ..output }
    }
}

async fn allows_private(context: &Context) -> Result<bool, Failure> {
    let setting = context.setting(ALLOW_PRIVATE).await?;
    Ok(setting.is_some_and(|value| matches!(value.reveal().trim(), "1" | "true" | "yes")))
}
