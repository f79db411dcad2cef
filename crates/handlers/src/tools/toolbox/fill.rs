//! Making each tool of a payload ready.

use std::{collections::HashSet, rc::Rc};

use agent_runner_domain::{
    event::LogStream,
    job::{CauseKind, Failure},
};

use super::{
    super::{
        ALLOW_PRIVATE, Tool,
        builtin::Builtin,
        calculator::Calculator,
        files::{ListFiles, ReadFile, WriteFile},
        http_fetch::HttpFetch,
        http_tool::HttpTool,
        jobs::{JobLimits, SubmitJob, WaitForJobs},
        mcp::{McpTool, Server},
        net::Net,
        run_command::RunCommand,
        schema::Compiled,
        spec::Spec,
    },
    Ready, Toolbox,
};
use crate::Context;

impl<'a> Toolbox<'a> {
    pub(super) async fn fill(&mut self, specs: &[Spec], jobs: JobLimits) -> Result<(), Failure> {
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
                        self.add_mcp(&server, &spec.mcp, &tool).await;
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
    async fn add_mcp(&mut self, server: &Rc<Server>, name: &str, tool: &rmcp::model::Tool) {
        let made = McpTool::new(server.clone(), tool);
        let added =
            made.and_then(|made| self.add(Box::new(made)).map_err(|failure| failure.message));
        if let Err(reason) = added {
            let line =
                format!("MCP server `{name}`: its tool `{}` is left out: {reason}", tool.name);
            self.context.events.log(LogStream::Worker, line).await;
        }
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

    fn without_secrets(&self, failure: Failure) -> Failure {
        Failure { message: self.hidden.out_of(failure.message), ..failure }
    }
}

async fn allows_private(context: &Context) -> Result<bool, Failure> {
    let setting = context.setting(ALLOW_PRIVATE).await?;
    Ok(setting.is_some_and(|value| matches!(value.reveal().trim(), "1" | "true" | "yes")))
}
