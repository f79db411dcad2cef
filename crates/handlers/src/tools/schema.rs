//! The schemas of tools' inputs: compiled once, and inputs told what is wrong with them.

use jsonschema::{Draft, Validator};
use serde_json::Value;

/// A larger one costs every turn more than any tool is worth.
const SCHEMA_BYTES_MAX: usize = 64 * 1024;
/// Faults told to the model.
const FAULTS_MAX: usize = 10;

/// A schema that is ready to judge.
pub(super) struct Compiled(Validator);

/// What is wrong with a schema.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SchemaFault {
    /// Where in it, as a JSON pointer.
    pub(super) path: String,
    pub(super) message: String,
}

impl Compiled {
    /// # Errors
    /// When it is no schema of an object.
    pub(super) fn of(schema: &Value) -> Result<Self, SchemaFault> {
        let fault = |path: &str, message: String| SchemaFault { path: path.to_owned(), message };
        if schema.get("type").and_then(Value::as_str) != Some("object") {
            let message = "has to be \"object\": the input of a tool is an object";
            return Err(fault("/type", message.to_owned()));
        }
        let bytes = schema.to_string().len();
        if bytes > SCHEMA_BYTES_MAX {
            let message = format!("has {bytes} bytes; at most {SCHEMA_BYTES_MAX} are taken");
            return Err(fault("", message));
        }
        Self::of_any(schema)
    }

    /// Of a value that need not be an object.
    pub(super) fn of_any(schema: &Value) -> Result<Self, SchemaFault> {
        let compiled = jsonschema::options().with_draft(Draft::Draft202012).build(schema);
        compiled.map(Self).map_err(|error| SchemaFault {
            path: error.instance_path().to_string(),
            message: format!("is no JSON Schema that can be used: {error}"),
        })
    }

    /// # Errors
    /// What is wrong with the value, a line for each fault.
    pub(super) fn check(&self, value: &Value) -> Result<(), String> {
        if self.0.is_valid(value) {
            return Ok(());
        }
        let faults = self.0.iter_errors(value).take(FAULTS_MAX).map(|error| {
            let path = error.instance_path().to_string();
            let place = if path.is_empty() { "the whole".to_owned() } else { format!("`{path}`") };
            format!("- {place}: {error}")
        });
        Err(faults.collect::<Vec<_>>().join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fault(schema: &Value) -> SchemaFault {
        match Compiled::of(schema) {
            Err(fault) => fault,
            Ok(_) => panic!("{schema} was taken"),
        }
    }

    #[test]
    fn what_is_no_schema_is_refused_with_its_place() {
        assert_eq!(fault(&json!({"type": "string"})).path, "/type");
        assert_eq!(fault(&json!(7)).path, "/type");
        let properties = json!({"city": {"type": "strnig"}});
        let wrong = fault(&json!({"type": "object", "properties": properties}));
        assert!(wrong.path.starts_with("/properties/city"), "{wrong:?}");
        let elsewhere = json!({"type": "object", "$ref": "http://127.0.0.1:1/schema"});
        assert!(fault(&elsewhere).message.contains("no JSON Schema"));
        let huge = json!({"type": "object", "description": "x".repeat(SCHEMA_BYTES_MAX)});
        assert!(fault(&huge).message.contains("at most 65536"));
    }

    #[test]
    fn an_input_is_told_all_that_is_wrong() {
        let schema = json!({
            "type": "object", "required": ["city"], "additionalProperties": false,
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        });
        let compiled = Compiled::of(&schema).map_err(|fault| fault.message).unwrap();
        assert_eq!(compiled.check(&json!({"city": "Ulm", "days": 2})), Ok(()));
        let said = compiled.check(&json!({"days": "two", "x": 1})).unwrap_err();
        for part in ["`/days`", "\"city\" is a required", "'x'"] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }

    #[test]
    fn schemas_that_lead_back_to_themselves_do_no_harm() {
        for schema in [
            json!({"type": "object", "$ref": "#"}),
            json!({"type": "object", "allOf": [{"$ref": "#"}]}),
            json!({"type": "object", "$defs": {"a": {"$ref": "#/$defs/a"}},
                "properties": {"x": {"$ref": "#/$defs/a"}}}),
        ] {
            let compiled = Compiled::of(&schema).map_err(|fault| fault.message).unwrap();
            let _ = compiled.check(&json!({"x": 1}));
        }
    }
}
