//! What a payload says of an MCP server.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::super::{
    http_tool::check_headers,
    secrets::Template,
    spec::{SpecFault, check_name},
};

const SERVER_NAME_BYTES_MAX: usize = 32;

/// A server of tools: either `command` or `url`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::tools) struct McpSpec {
    /// What it is called here; the names of its tools begin with it.
    #[schemars(length(min = 1, max = 32))]
    pub(in crate::tools) mcp: String,
    /// A program that speaks MCP over its standard streams: a name that is looked up in `PATH`, or a path.
    #[serde(default)]
    pub(super) command: Option<String>,
    #[serde(default)]
    pub(super) args: Vec<String>,
    /// Variables of the program besides those of the worker.
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    /// Variables with secrets in them, by the secrets' names: `{"TOKEN": "{my_token}"}`.
    #[serde(default)]
    pub(super) secret_env: BTreeMap<String, String>,
    /// A server that speaks MCP over HTTP.
    #[serde(default)]
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// Headers with secrets in them, by the secrets' names: `{"authorization": "Bearer {my_token}"}`.
    #[serde(default)]
    pub(super) secret_headers: BTreeMap<String, String>,
    /// The tools to use of it, as the server calls them; all if absent.
    #[serde(default)]
    pub(super) only: Option<Vec<String>>,
    /// How long it may take to start and to tell its tools.
    #[serde(default = "McpSpec::start_seconds_default")]
    #[schemars(range(min = 1, max = 600))]
    pub(super) start_seconds: u32,
}

impl McpSpec {
    fn start_seconds_default() -> u32 {
        30
    }

    pub(in crate::tools) fn is_a_program(&self) -> bool {
        self.command.is_some()
    }

    /// # Errors
    /// The first thing that the JSON Schema of payloads cannot see.
    pub(in crate::tools) fn check(&self) -> Result<(), SpecFault> {
        check_name(&self.mcp).map_err(|message| SpecFault::new("/mcp", message))?;
        if self.mcp.len() > SERVER_NAME_BYTES_MAX {
            let message = format!("has to be at most {SERVER_NAME_BYTES_MAX} bytes");
            return Err(SpecFault::new("/mcp", message));
        }
        if !(1..=600).contains(&self.start_seconds) {
            return Err(SpecFault::new("/start_seconds", "has to be 1 to 600"));
        }
        match (&self.command, &self.url) {
            (Some(command), None) => self.check_command(command),
            (None, Some(url)) => self.check_url(url),
            (None, None) => Err(SpecFault::new("", "an MCP server has a `command` or a `url`")),
            (Some(_), Some(_)) => {
                Err(SpecFault::new("/url", "an MCP server has a `command` or a `url`, not both"))
            }
        }
    }

    fn check_command(&self, command: &str) -> Result<(), SpecFault> {
        if !self.headers.is_empty() || !self.secret_headers.is_empty() {
            return Err(SpecFault::new("/headers", "a program gets no headers; use `env`"));
        }
        let texts = self.args.iter().chain(self.env.values()).map(String::as_str);
        if texts.chain([command]).any(|text| text.contains('\0')) {
            let message = "`command`, `args` and `env` cannot contain the character NUL";
            return Err(SpecFault::new("", message));
        }
        let place = |field: &str, name: &str| {
            format!("/{field}/{}", name.replace('~', "~0").replace('/', "~1"))
        };
        let is_name = |name: &str| !name.is_empty() && !name.contains(['=', '\0']);
        let no_name = "is no name of a variable";
        if let Some(name) = self.env.keys().find(|name| !is_name(name)) {
            return Err(SpecFault::new(place("env", name), no_name));
        }
        for (name, value) in &self.secret_env {
            let known = if is_name(name) { Ok(()) } else { Err(no_name.to_owned()) };
            let checked = known.and_then(|()| Template::parse(value));
            checked.map_err(|message| SpecFault::new(place("secret_env", name), message))?;
        }
        Ok(())
    }

    fn check_url(&self, url: &str) -> Result<(), SpecFault> {
        if !self.args.is_empty() || !self.env.is_empty() || !self.secret_env.is_empty() {
            let message = "`args` and `env` are for programs; a URL has `headers`";
            return Err(SpecFault::new("/url", message));
        }
        let fault = |message: String| SpecFault::new("/url", message);
        let parsed =
            Url::parse(url).map_err(|error| fault(format!("is no absolute URL: {error}")))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(fault("has to begin with http:// or https://".to_owned()));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(fault("holds a password; use `secret_headers`".to_owned()));
        }
        check_headers(&self.headers, &self.secret_headers)
    }
}
