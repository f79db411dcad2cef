//! What no provider would accept is refused here, with the field and the fix.

use std::collections::HashSet;

use super::{Request, Tool};
use crate::error::{Error, ErrorKind};

/// The shortest limit among the providers is that of OpenAI.
const TOOL_NAME_BYTES_MAX: usize = 64;

impl Request {
    /// # Errors
    /// [`ErrorKind::InvalidRequest`], naming the field.
    pub fn check(&self) -> Result<(), Error> {
        if self.model.is_empty() {
            return invalid("model: is empty; name the model to ask");
        }
        if self.max_tokens == 0 {
            return invalid("max_tokens: must be at least 1");
        }
        if self.messages.is_empty() {
            return invalid("messages: at least one message is needed");
        }
        self.check_tools()
    }

    fn check_tools(&self) -> Result<(), Error> {
        let mut names = HashSet::new();
        for (index, tool) in self.tools.iter().enumerate() {
            tool.check(index)?;
            if !names.insert(&tool.name) {
                return invalid(&format!(
                    "tools[{index}].name: there are two tools called {:?}; rename one",
                    tool.name
                ));
            }
        }
        Ok(())
    }
}

impl Tool {
    fn check(&self, index: usize) -> Result<(), Error> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let length = 1..=TOOL_NAME_BYTES_MAX;
        if !length.contains(&self.name.len()) || !self.name.chars().all(allowed) {
            return invalid(&format!(
                "tools[{index}].name: {:?} must be 1 to {TOOL_NAME_BYTES_MAX} letters, digits, \"_\" or \"-\"",
                self.name
            ));
        }
        if self.input_schema.get("type").and_then(serde_json::Value::as_str) != Some("object") {
            return invalid(&format!(
                "tools[{index}].input_schema.type: must be \"object\" (tool {:?})",
                self.name
            ));
        }
        Ok(())
    }
}

fn invalid(message: &str) -> Result<(), Error> {
    Err(Error::new(ErrorKind::InvalidRequest, message))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn tool(name: &str, schema: Value) -> Tool {
        Tool { name: name.into(), description: String::new(), input_schema: schema, strict: false }
    }

    fn complaint(tools: Vec<Tool>) -> String {
        let mut request = Request::new("m", 1).user("hi");
        request.tools = tools;
        request.check().unwrap_err().to_string()
    }

    #[test]
    fn two_tools_of_one_name_are_refused() {
        let object = || json!({"type": "object"});
        let said = complaint(vec![tool("a", object()), tool("a", object())]);
        assert!(said.contains(r#"tools[1].name: there are two tools called "a""#), "{said}");
    }

    #[test]
    fn a_schema_that_is_no_object_is_refused() {
        for schema in [json!({}), json!({"type": "string"}), json!("object"), json!(null)] {
            assert!(complaint(vec![tool("a", schema)]).contains("tools[0].input_schema.type"));
        }
    }

    #[test]
    fn names_that_a_provider_would_refuse_are_refused() {
        for name in ["", "get weather", "größe", &"x".repeat(65)] {
            assert!(
                complaint(vec![tool(name, json!({"type": "object"}))]).contains("tools[0].name")
            );
        }
    }

    #[test]
    fn a_good_request_passes() {
        assert_eq!(Request::new("m", 1).user("hi").check().map_err(|e| e.to_string()), Ok(()));
        assert!(Request::new("m", 1).check().is_err());
        assert!(Request::new("m", 0).user("hi").check().is_err());
    }
}
