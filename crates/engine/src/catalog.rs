//! The job types on offer, each with its payload schema, which is compiled when it is first asked.

use std::{collections::BTreeMap, sync::OnceLock};

use agent_runner_domain::catalog::{JobType, ReadPayload};
use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
use serde_json::Value;

use crate::{EngineError, error::Fault};

/// Faults named per payload; a payload that is wrong in more places is wrong enough.
const FAULTS_MAX: usize = 50;
/// Of the sentence about one fault, at each end: between them stands the value, which may be megabytes long.
const SENTENCE_CHARS_MAX: usize = 200;

/// Every job type that can be submitted.
pub struct Catalog {
    types: BTreeMap<&'static str, Entry>,
    read: ReadPayload,
}

struct Entry {
    kind: JobType,
    /// Compiled, a schema takes more memory than most servers' other job types are worth.
    validator: OnceLock<Result<Validator, String>>,
}

impl Entry {
    fn validator(&self) -> Result<&Validator, EngineError> {
        let compiled = self.validator.get_or_init(|| {
            jsonschema::draft202012::new(&(self.kind.payload_schema)())
                .map_err(|error| format!("the payload schema of {}: {error}", self.kind.name))
        });
        compiled.as_ref().map_err(|error| EngineError::Corrupt(error.clone()))
    }
}

impl Catalog {
    #[must_use]
    pub fn new(types: Vec<JobType>) -> Self {
        let entry = |kind: JobType| (kind.name, Entry { kind, validator: OnceLock::new() });
        Self { types: types.into_iter().map(entry).collect(), read: |_, _| Ok(()) }
    }

    /// Payloads that satisfy their schema are then read as their handler will read them.
    #[must_use]
    pub fn read_by(self, read: ReadPayload) -> Self {
        Self { read, ..self }
    }

    pub fn types(&self) -> impl Iterator<Item = &JobType> {
        self.types.values().map(|entry| &entry.kind)
    }

    /// # Errors
    /// [`EngineError::UnknownJobType`], which names those that exist.
    pub fn find(&self, name: &str) -> Result<&JobType, EngineError> {
        self.entry(name).map(|entry| &entry.kind)
    }

    /// Checks a payload against its type's schema and its handler's reading; every fault is named with its path.
    ///
    /// # Errors
    /// [`EngineError::UnknownJobType`] or [`EngineError::Invalid`]; [`EngineError::Corrupt`] when the type's schema is no
    /// valid JSON Schema.
    pub fn check(&self, job_type: &str, payload: &Value) -> Result<(), EngineError> {
        let validator = self.entry(job_type)?.validator()?;
        if validator.is_valid(payload) {
            return (self.read)(job_type, payload).map_err(|fault| {
                let path = format!("/payload{}", fault.path);
                EngineError::Invalid(vec![Fault::new(path, fault.message)])
            });
        }
        let faults = validator.iter_errors(payload).take(FAULTS_MAX).map(|error| {
            Fault::new(format!("/payload{}", error.instance_path()), sentence(&error))
        });
        Err(EngineError::Invalid(faults.collect()))
    }

    fn entry(&self, name: &str) -> Result<&Entry, EngineError> {
        self.types.get(name).ok_or_else(|| EngineError::UnknownJobType {
            given: name.chars().take(100).collect(),
            known: self.types.keys().copied().collect::<Vec<_>>().join(", "),
        })
    }
}

fn sentence(error: &ValidationError<'_>) -> String {
    let known = match error.kind() {
        ValidationErrorKind::Enum { options } => options.as_array(),
        _ => None,
    };
    let Some(known) = known else { return shortened(error.to_string()) };
    let known = known.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
    format!("{} is none of {known}", shortened(error.instance().to_string()))
}

/// Without the middle, if it is long.
fn shortened(text: String) -> String {
    let ends = text.char_indices().nth(SENTENCE_CHARS_MAX).map(|(at, _)| at);
    let begins = text.char_indices().rev().nth(SENTENCE_CHARS_MAX - 1).map(|(at, _)| at);
    match ends.zip(begins) {
        Some((end, begin)) if end < begin => format!("{} … {}", &text[..end], &text[begin..]),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use agent_runner_domain::catalog::PayloadFault;
    use serde_json::json;

    use super::*;

    fn catalog() -> Catalog {
        let payload_schema = || {
            json!({
                "type": "object", "required": ["message"], "additionalProperties": false,
                "properties": {"message": {"type": "string"}},
            })
        };
        let example = || json!({"message": "hello"});
        Catalog::new(vec![JobType { name: "echo", summary: "", payload_schema, example }])
    }

    #[test]
    fn every_fault_of_a_payload_is_named_with_its_path() {
        let Err(EngineError::Invalid(faults)) =
            catalog().check("echo", &json!({"message": 1, "extra": 2}))
        else {
            panic!("the payload is wrong");
        };
        let paths: Vec<_> = faults.iter().map(|fault| fault.path.as_str()).collect();
        assert_eq!(paths.len(), 2, "{faults:?}");
        assert!(paths.contains(&"/payload/message") && paths.contains(&"/payload"));
    }

    #[test]
    fn a_fault_is_told_in_a_sentence_however_long_the_value_is() {
        let payload_schema = || {
            json!({"properties": {
                "text": {"type": "string"}, "tool": {"enum": ["a", "b", "c", "d", "e", "f"]},
            }})
        };
        let kind = JobType { name: "odd", summary: "", payload_schema, example: || json!({}) };
        let long = "ü".repeat(100_000);
        let payload = json!({"text": [&long], "tool": &long});
        let Err(EngineError::Invalid(faults)) = Catalog::new(vec![kind]).check("odd", &payload)
        else {
            panic!("the payload is wrong");
        };
        for (fault, end) in
            faults.iter().zip([r#""] is not of type "string""#, r#""a", "b", "c", "d", "e", "f""#])
        {
            assert!(fault.message.ends_with(end), "{}", fault.message);
            assert!(fault.message.chars().count() < 3 * SENTENCE_CHARS_MAX);
        }
        assert_eq!(faults.len(), 2);
    }

    #[test]
    fn a_payload_that_only_its_schema_likes_is_refused() {
        let read: ReadPayload = |_, payload| match payload["message"].as_str() {
            Some("hello") => Ok(()),
            _ => Err(PayloadFault { path: "/message".to_owned(), message: "rude".to_owned() }),
        };
        let catalog = catalog().read_by(read);
        assert!(catalog.check("echo", &json!({"message": "hello"})).is_ok());
        let Err(EngineError::Invalid(faults)) = catalog.check("echo", &json!({"message": "hey"}))
        else {
            panic!("the payload is wrong");
        };
        assert_eq!(faults, [Fault::new("/payload/message", "rude")]);
    }

    #[test]
    fn a_schema_that_is_none_is_named_with_its_type() {
        let payload_schema = || json!({"type": 7});
        let kind = JobType { name: "odd", summary: "", payload_schema, example: || json!({}) };
        let error = Catalog::new(vec![kind]).check("odd", &json!({})).unwrap_err();
        assert!(error.to_string().contains("the payload schema of odd"), "{error}");
    }

    #[test]
    fn an_unknown_type_is_told_what_exists() {
        let error = catalog().check("ecco", &json!({})).unwrap_err();
        assert!(error.to_string().contains("there are: echo"), "{error}");
    }
}
