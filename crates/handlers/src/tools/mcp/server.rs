//! A connection to a server.

use std::{path::Path, rc::Rc, time::Duration};

use agent_runner_domain::job::{CauseKind, Failure};
use rmcp::{
    RoleClient, ServiceError,
    model::{
        CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, Implementation,
        Tool,
    },
    service::{ClientInitializeError, RunningService},
};
use tokio::time::timeout;

use super::{
    super::{net::Net, secrets::Hidden},
    http,
    spec::McpSpec,
    stdio::{self, Witness},
};
use crate::Context;

/// More would crowd the prompt of every turn.
const TOOLS_MAX: usize = 128;
const PAGES_MAX: usize = 50;
const CLOSE_MAX: Duration = Duration::from_secs(2);

pub(super) type Service = RunningService<RoleClient, ClientConfig>;

/// A server that has said what it can.
pub(in crate::tools) struct Server {
    pub(super) name: String,
    service: Service,
    /// Of a program; the last field, so that the connection is closed before the program is killed.
    witness: Option<Witness>,
}

impl Server {
    /// # Errors
    /// When the server cannot be started, or does not say what it can.
    pub(in crate::tools) async fn connect(
        spec: &McpSpec,
        folder: &Path,
        net: &Net,
        context: &Context,
        hidden: &mut Hidden,
    ) -> Result<(Rc<Self>, Vec<Tool>), Failure> {
        let limit = Duration::from_secs(spec.start_seconds.into());
        let greet = async {
            let server = match &spec.url {
                Some(url) => http::connect(spec, url, net, context, hidden).await?,
                None => stdio::connect(spec, folder, context, hidden).await?,
            };
            let tools = server.tools(spec).await?;
            Ok((Rc::new(server), tools))
        };
        let greeted = context.cancelled.run_until_cancelled(timeout(limit, greet)).await;
        match greeted {
            Some(Ok(greeted)) => greeted,
            Some(Err(_)) => {
                let message = format!(
                    "the MCP server `{}` has not told its tools within {} seconds; raise `start_seconds` if it needs more",
                    spec.mcp, spec.start_seconds
                );
                Err(Failure::passing(CauseKind::HandlerError, message))
            }
            None => {
                let message = "the job was stopped while its MCP servers started";
                Err(Failure::passing(CauseKind::Interrupted, message))
            }
        }
    }

    pub(super) fn new(name: &str, service: Service, witness: Option<Witness>) -> Self {
        Self { name: name.to_owned(), service, witness }
    }

    async fn tools(&self, spec: &McpSpec) -> Result<Vec<Tool>, Failure> {
        let mut tools = Vec::new();
        let mut cursor = None;
        for _ in 0..PAGES_MAX {
            let params = rmcp::model::PaginatedRequestParams::default().with_cursor(cursor);
            let page = match self.service.list_tools(Some(params)).await {
                Ok(page) => page,
                Err(error) => return Err(self.tells_no_tools(&error).await),
            };
            tools.extend(page.tools);
            cursor = page.next_cursor;
            if cursor.is_none() || tools.len() > TOOLS_MAX {
                break;
            }
        }
        self.chosen(tools, spec.only.as_deref())
    }

    fn chosen(&self, tools: Vec<Tool>, only: Option<&[String]>) -> Result<Vec<Tool>, Failure> {
        let fail = |message| Err(Failure::lasting(CauseKind::HandlerError, message));
        let name = &self.name;
        let Some(only) = only else {
            if tools.len() > TOOLS_MAX {
                return fail(format!(
                    "the MCP server `{name}` has more than {TOOLS_MAX} tools; name those to use in `only`"
                ));
            }
            return Ok(tools);
        };
        let missing = only.iter().find(|wanted| !tools.iter().any(|tool| tool.name == **wanted));
        if let Some(missing) = missing {
            let known: Vec<&str> = tools.iter().map(|tool| &*tool.name).collect();
            let known = known.join(", ");
            return fail(format!("the MCP server `{name}` has no tool `{missing}`, only: {known}"));
        }
        Ok(tools
            .into_iter()
            .filter(|tool| only.iter().any(|wanted| tool.name == *wanted))
            .collect())
    }

    pub(super) async fn call(
        &self,
        params: CallToolRequestParams,
    ) -> Result<CallToolResult, String> {
        match self.service.call_tool(params).await {
            Ok(result) => Ok(result),
            Err(error) => Err(self.why(&error).await),
        }
    }

    async fn tells_no_tools(&self, error: &ServiceError) -> Failure {
        let why = self.why(error).await;
        let message = format!("the MCP server `{}` does not tell its tools: {why}", self.name);
        Failure::passing(CauseKind::HandlerError, message)
    }

    /// What went wrong, with what the program says of it.
    async fn why(&self, error: &ServiceError) -> String {
        let text = match error {
            ServiceError::McpError(error) => return format!("it says: {}", error.message),
            ServiceError::TransportClosed => "the connection is closed".to_owned(),
            other => chain(other),
        };
        if let (ServiceError::TransportClosed, Some(witness)) = (error, &self.witness) {
            witness.wait_a_moment().await;
        }
        match self.witness.as_ref().and_then(Witness::statement) {
            Some(statement) => format!("{text}; {statement}"),
            None => text,
        }
    }

    /// Ends the connection properly, and the program with it.
    pub(in crate::tools) async fn close(server: Rc<Self>) {
        if let Ok(mut server) = Rc::try_unwrap(server) {
            let _ = server.service.close_with_timeout(CLOSE_MAX).await;
            if let Some(witness) = &mut server.witness {
                witness.wait(CLOSE_MAX).await;
            }
        }
    }
}

/// How this program introduces itself. It offers nothing: no files, no model, nobody to ask.
pub(super) fn introduction() -> ClientConfig {
    let version = env!("CARGO_PKG_VERSION");
    ClientConfig::new(ClientCapabilities::default(), Implementation::new("agent-runner", version))
}

/// A server that was reached and does not speak MCP, or not with us.
pub(super) fn no_greeting(
    name: &str,
    error: &ClientInitializeError,
    statement: Option<String>,
) -> Failure {
    let statement = statement.map(|statement| format!("; {statement}")).unwrap_or_default();
    let message = format!("the MCP server `{name}` cannot be used: {}{statement}", chain(error));
    Failure::passing(CauseKind::HandlerError, message)
}

/// The causes, too: the first text alone tells little.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}
