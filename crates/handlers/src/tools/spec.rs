//! What a payload says about tools: `["calculator", {"name": "get_weather", "url": …}, {"mcp": "files", …}]`.
//!
//! Entries are read one by one, so that what is wrong is named with its place.

use std::{borrow::Cow, collections::HashSet};

use agent_runner_domain::catalog::PayloadFault;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{builtin::Builtin, http_tool::HttpSpec, mcp::McpSpec};
use crate::handler::pointer;

const ENTRIES_MAX: usize = 64;
const NAME_BYTES_MAX: usize = 64;

/// The tools of a payload, as they were written.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Specs(Vec<Value>);

/// One entry.
#[derive(Debug, Clone)]
pub(super) enum Spec {
    Builtin(Builtin),
    Http(Box<HttpSpec>),
    Mcp(Box<McpSpec>),
}

/// Something is wrong with an entry: where in it, and what.
pub(super) struct SpecFault {
    pub(super) path: String,
    pub(super) message: String,
}

impl SpecFault {
    pub(super) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

impl Specs {
    /// Whether there is any at all.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries as they were written.
    pub(super) fn entries(&self) -> &[Value] {
        &self.0
    }

    /// For the check of a payload; `place` is where these are in it: `/tools`.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub(crate) fn check(&self, place: &str) -> Result<(), PayloadFault> {
        self.read().map(drop).map_err(|(index, fault)| PayloadFault {
            path: format!("{place}/{index}{}", fault.path),
            message: fault.message,
        })
    }

    /// As [`Self::check`], for jobs that take only these of the tools that are built in.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub(crate) fn check_with_builtins(
        &self,
        place: &str,
        allowed: &[&str],
    ) -> Result<(), PayloadFault> {
        self.check(place)?;
        let builtins =
            self.0.iter().enumerate().filter_map(|(at, entry)| Some((at, entry.as_str()?)));
        for (index, name) in builtins {
            if !allowed.contains(&name) {
                let allowed = allowed.join(", ");
                let message = format!(
                    "`{name}` is no tool for this type of job; it takes {allowed}, HTTP tools and MCP servers"
                );
                return Err(PayloadFault { path: format!("{place}/{index}"), message });
            }
        }
        Ok(())
    }

    /// # Errors
    /// The entry and what is wrong with it.
    pub(super) fn read(&self) -> Result<Vec<Spec>, (usize, SpecFault)> {
        let mut names = HashSet::new();
        let mut specs = Vec::new();
        for (index, entry) in self.0.iter().enumerate() {
            let at = |fault| (index, fault);
            if index == ENTRIES_MAX {
                let message = format!("a job has at most {ENTRIES_MAX} tools and servers");
                return Err(at(SpecFault::new("", message)));
            }
            let spec = Spec::read(entry).map_err(at)?;
            if !names.insert(spec.name().into_owned()) {
                let message =
                    format!("`{}` is the name of an earlier entry; rename one", spec.name());
                return Err(at(SpecFault::new(spec.place_of_name(), message)));
            }
            specs.push(spec);
        }
        Ok(specs)
    }
}

impl Spec {
    fn read(entry: &Value) -> Result<Self, SpecFault> {
        match entry {
            Value::String(name) => Builtin::named(name).map(Self::Builtin).ok_or_else(|| {
                let known = Builtin::ALL.map(Builtin::name).join(", ");
                SpecFault::new(
                    "",
                    format!("there is no tool `{name}` built in; there are: {known}"),
                )
            }),
            Value::Object(fields) if fields.contains_key("mcp") => {
                let spec: McpSpec = parse(entry)?;
                spec.check()?;
                Ok(Self::Mcp(Box::new(spec)))
            }
            Value::Object(_) => {
                let spec: HttpSpec = parse(entry)?;
                spec.check()?;
                Ok(Self::Http(Box::new(spec)))
            }
            _ => Err(SpecFault::new("", "has to be a tool's name, an HTTP tool or an MCP server")),
        }
    }

    fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Builtin(builtin) => builtin.name().into(),
            Self::Http(spec) => spec.name.as_str().into(),
            // Not the name of a tool, so that it may be the same as that of one.
            Self::Mcp(spec) => format!("the MCP server {}", spec.mcp).into(),
        }
    }

    pub(super) fn starts_programs(&self) -> bool {
        match self {
            Self::Builtin(builtin) => *builtin == Builtin::RunCommand,
            Self::Http(_) => false,
            Self::Mcp(spec) => spec.is_a_program(),
        }
    }

    fn place_of_name(&self) -> &'static str {
        match self {
            Self::Builtin(_) => "",
            Self::Http(_) => "/name",
            Self::Mcp(_) => "/mcp",
        }
    }
}

fn parse<T: DeserializeOwned>(entry: &Value) -> Result<T, SpecFault> {
    serde_path_to_error::deserialize(entry)
        .map_err(|error| SpecFault::new(pointer(error.path()), error.inner().to_string()))
}

/// What all providers take as the name of a tool.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if (1..=NAME_BYTES_MAX).contains(&name.len()) && name.chars().all(allowed) {
        return Ok(());
    }
    Err(format!("has to be 1 to {NAME_BYTES_MAX} letters, digits, `_` or `-`"))
}

/// Which form an entry has is told by its type and its fields, so that a fault is named where it is instead of
/// "fits none of these".
impl JsonSchema for Specs {
    fn schema_name() -> Cow<'static, str> {
        "Tools".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let builtin = Builtin::ALL.map(Builtin::name);
        let http = generator.subschema_for::<HttpSpec>();
        let mcp = generator.subschema_for::<McpSpec>();
        json_schema!({
            "type": "array",
            "maxItems": ENTRIES_MAX,
            "description": "Names of built-in tools, HTTP tools, and MCP servers.",
            "items": {
                "type": ["string", "object"],
                "if": {"type": "string"},
                "then": {"enum": builtin},
                "else": {"if": {"required": ["mcp"]}, "then": mcp, "else": http},
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fault(tools: Value) -> (String, String) {
        let specs: Specs = serde_json::from_value(tools).unwrap();
        let fault = specs.check("/tools").unwrap_err();
        (fault.path, fault.message)
    }

    fn http(name: &str) -> Value {
        json!({"name": name, "description": "d", "input_schema": {"type": "object"},
            "url": "https://example.com/"})
    }

    #[test]
    fn good_tools_are_taken() {
        let tools = json!(["calculator", "http_fetch", http("get_weather"),
            {"mcp": "files", "command": "server", "args": ["x"]},
            {"mcp": "get_weather", "url": "https://example.com/mcp"}]);
        let specs: Specs = serde_json::from_value(tools).unwrap();
        assert_eq!(specs.check("/tools"), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let (path, message) = fault(json!(["calculator", "calcalutor"]));
        assert!(path == "/tools/1" && message.contains("http_fetch"), "{path} {message}");
        assert_eq!(fault(json!([http("a"), http("a")])).0, "/tools/1/name");
        assert_eq!(fault(json!(["calculator", http("calculator")])).0, "/tools/1/name");
        assert_eq!(fault(json!([http("get weather")])).0, "/tools/0/name");
        assert_eq!(fault(json!([7])).0, "/tools/0");
        let mut unknown = http("a");
        unknown["colour"] = json!("red");
        assert_eq!(fault(json!([unknown])).0, "/tools/0/colour");
        let mut schema = http("a");
        schema["input_schema"] = json!({"type": "object", "properties": {"x": {"type": "strnig"}}});
        assert!(fault(json!([schema])).0.starts_with("/tools/0/input_schema/properties/x"));
        let mcp = |more: Value| {
            let mut entry = json!({"mcp": "a"});
            entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!([entry])
        };
        assert!(fault(mcp(json!({}))).1.contains("`command`"));
        assert!(fault(mcp(json!({"command": "a", "url": "https://b/"}))).1.contains("not both"));
        assert_eq!(fault(mcp(json!({"url": "nowhere"}))).0, "/tools/0/url");
    }
}
