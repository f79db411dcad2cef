//! One tool of a server.

use std::rc::Rc;

use agent_runner_domain::job::Failure;
use async_trait::async_trait;
use rmcp::model::{CallToolRequestParams, Tool as Described};
use serde_json::{Value, json};

use super::{
    super::{Answer, Call, Definition, Output, Tool, schema::Compiled, shortened},
    content,
    server::Server,
};

const NAME_BYTES_MAX: usize = 64;
const DESCRIPTION_CHARS_MAX: usize = 4_000;

pub(in crate::tools) struct McpTool {
    definition: Definition,
    server: Rc<Server>,
    /// As the server calls it.
    name: String,
    is_repeatable: bool,
    output: Option<Compiled>,
}

impl McpTool {
    /// # Errors
    /// What is wrong with what the server says of the tool.
    pub(in crate::tools) fn new(server: Rc<Server>, tool: &Described) -> Result<Self, String> {
        let mut schema = Value::Object((*tool.input_schema).clone());
        if schema.get("type").is_none() {
            schema["type"] = json!("object");
        }
        let output = tool.output_schema.as_ref().map(|schema| {
            let schema = Value::Object((**schema).clone());
            Compiled::of_any(&schema).map_err(|fault| format!("its outputSchema {}", fault.message))
        });
        let hints = tool.annotations.as_ref();
        let hints = hints.map(|hints| (hints.read_only_hint, hints.idempotent_hint));
        let name = format!("{}_{}", server.name, tool.name);
        let description = tool.description.as_deref().unwrap_or_default().to_owned();
        Ok(Self {
            definition: Definition {
                name: for_models(&name),
                description: shortened(description, DESCRIPTION_CHARS_MAX),
                input_schema: schema,
            },
            name: tool.name.to_string(),
            is_repeatable: matches!(hints, Some((Some(true), _) | (_, Some(true)))),
            output: output.transpose()?,
            server,
        })
    }
}

/// Servers may use any characters in names; providers do not.
fn for_models(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    name.chars().map(|c| if allowed(c) { c } else { '_' }).take(NAME_BYTES_MAX).collect()
}

#[async_trait(?Send)]
impl Tool for McpTool {
    fn definition(&self) -> &Definition {
        &self.definition
    }

    fn is_repeatable(&self) -> bool {
        self.is_repeatable
    }

    async fn call(&self, call: Call<'_>) -> Result<Answer, Failure> {
        let mut params = CallToolRequestParams::new(self.name.clone());
        params.arguments = call.input.as_object().cloned();
        Ok(match self.server.call(params).await {
            Ok(result) => content::told(result, self.output.as_ref()),
            Err(reason) => Output::error(format!(
                "the MCP server `{}` has not answered: {reason}",
                self.server.name
            )),
        }
        .into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_such_as_every_provider_takes() {
        assert_eq!(for_models("files_read/größe.x"), "files_read_gr__e_x");
        assert_eq!(for_models(&"x".repeat(100)).len(), 64);
    }
}
