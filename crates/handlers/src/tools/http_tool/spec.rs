//! What a payload says of an HTTP tool.

use std::collections::BTreeMap;

use agent_runner_domain::job::{CauseKind, Failure};
use reqwest::{
    Method,
    header::{HeaderName, HeaderValue},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{
    super::{
        schema::Compiled,
        secrets::Template,
        spec::{SpecFault, check_name},
    },
    template::UrlTemplate,
};

const DESCRIPTION_BYTES_MAX: usize = 8 * 1024;

/// A tool that is one HTTP call.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::tools) struct HttpSpec {
    /// What the model calls it by: letters, digits, `_` and `-`.
    #[schemars(length(min = 1, max = 64))]
    pub(in crate::tools) name: String,
    /// What it does and when to use it, for the model.
    pub(super) description: String,
    /// A JSON Schema of the tool's input, an object.
    pub(super) input_schema: Value,
    /// Where it is. `{field}` stands for a field of the input; the others go into the query or the JSON body.
    pub(super) url: String,
    #[serde(default)]
    pub(super) method: Verb,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// Headers with secrets in them, by the secrets' names: `{"authorization": "Bearer {weather_token}"}`.
    #[serde(default)]
    pub(super) secret_headers: BTreeMap<String, String>,
    /// How long one call may take; not longer than `max_tool_seconds`.
    #[serde(default)]
    #[schemars(range(min = 1, max = 3600))]
    pub(super) timeout_seconds: Option<u32>,
    /// Whether a call that was interrupted may simply be made again; if absent, those with GET.
    #[serde(default)]
    pub(super) repeatable: Option<bool>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Verb {
    #[default]
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl From<Verb> for Method {
    fn from(verb: Verb) -> Self {
        match verb {
            Verb::Get => Self::GET,
            Verb::Post => Self::POST,
            Verb::Put => Self::PUT,
            Verb::Patch => Self::PATCH,
            Verb::Delete => Self::DELETE,
        }
    }
}

impl HttpSpec {
    pub(super) fn is_repeatable(&self) -> bool {
        self.repeatable.unwrap_or(self.method == Verb::Get)
    }

    /// # Errors
    /// The first thing that the JSON Schema of payloads cannot see.
    pub(in crate::tools) fn check(&self) -> Result<(), SpecFault> {
        check_name(&self.name).map_err(|message| SpecFault::new("/name", message))?;
        if self.description.len() > DESCRIPTION_BYTES_MAX {
            let message = format!("is longer than {DESCRIPTION_BYTES_MAX} bytes");
            return Err(SpecFault::new("/description", message));
        }
        Compiled::of(&self.input_schema).map_err(|fault| {
            SpecFault::new(format!("/input_schema{}", fault.path), fault.message)
        })?;
        self.check_url().map_err(|message| SpecFault::new("/url", message))?;
        check_headers(&self.headers, &self.secret_headers)?;
        if self.timeout_seconds.is_some_and(|seconds| !(1..=3600).contains(&seconds)) {
            return Err(SpecFault::new("/timeout_seconds", "has to be 1 to 3600"));
        }
        Ok(())
    }

    fn check_url(&self) -> Result<(), String> {
        let template = UrlTemplate::parse(&self.url)?;
        let properties = self.input_schema.get("properties").and_then(Value::as_object);
        let is_field = |name: &str| properties.is_some_and(|all| all.contains_key(name));
        match template.fields().find(|name| !is_field(name)) {
            Some(name) => Err(format!("`{{{name}}}` is no property of `input_schema`")),
            None => Ok(()),
        }
    }
}

/// Of HTTP tools and of MCP servers.
pub(in crate::tools) fn check_headers(
    plain: &BTreeMap<String, String>,
    secret: &BTreeMap<String, String>,
) -> Result<(), SpecFault> {
    let place = |field: &str, name: &str| {
        format!("/{field}/{}", name.replace('~', "~0").replace('/', "~1"))
    };
    for (name, value) in plain {
        header(name, value).map_err(|message| SpecFault::new(place("headers", name), message))?;
    }
    for (name, value) in secret {
        let checked = header(name, "").and_then(|_| Template::parse(value));
        checked.map_err(|message| SpecFault::new(place("secret_headers", name), message))?;
    }
    Ok(())
}

pub(super) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let name = HeaderName::try_from(name).map_err(|_| "is no name of a header".to_owned())?;
    if matches!(name.as_str(), "host" | "content-length" | "transfer-encoding" | "connection") {
        return Err("is set by the connection itself".to_owned());
    }
    let value = HeaderValue::from_str(value);
    value.map(|value| (name, value)).map_err(|_| "has characters that cannot be sent".to_owned())
}

/// Submission checks the same; a payload that is wrong now was never submitted to this program.
#[expect(clippy::needless_pass_by_value, reason = "used as a function of map_err")]
pub(super) fn was_checked(message: String) -> Failure {
    Failure::lasting(CauseKind::InvalidPayload, format!("`tools`: {message}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fault(change: &Value) -> (String, String) {
        let mut spec = json!({
            "name": "get_weather", "description": "d",
            "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
            "url": "https://example.com/{city}",
        });
        spec.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let spec: HttpSpec = serde_json::from_value(spec).unwrap();
        match spec.check() {
            Ok(()) => panic!("{change} was taken"),
            Err(SpecFault { path, message }) => (path, message),
        }
    }

    #[test]
    fn what_cannot_work_is_named_with_its_place() {
        let (path, message) = fault(&json!({"url": "https://example.com/{town}"}));
        assert!(path == "/url" && message.contains("`{town}`"), "{path}: {message}");
        assert_eq!(fault(&json!({"headers": {"a b": "c"}})).0, "/headers/a b");
        assert_eq!(fault(&json!({"headers": {"Host": "c"}})).0, "/headers/Host");
        assert_eq!(fault(&json!({"headers": {"a": "b\nc"}})).0, "/headers/a");
        let (path, message) = fault(&json!({"secret_headers": {"authorization": "token"}}));
        assert!(path == "/secret_headers/authorization" && message.contains("braces"), "{message}");
        assert_eq!(fault(&json!({"input_schema": {"type": "array"}})).0, "/input_schema/type");
        assert_eq!(fault(&json!({"timeout_seconds": 0})).0, "/timeout_seconds");
    }
}
