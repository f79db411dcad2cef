//! The job types on offer, with their payload schemas compiled once.

use std::collections::BTreeMap;

use agent_runner_domain::catalog::{JobType, ReadPayload};
use jsonschema::Validator;
use serde_json::Value;

use crate::{EngineError, error::Fault};

/// Faults named per payload; a payload that is wrong in more places is wrong enough.
const FAULTS_MAX: usize = 50;

/// Every job type that can be submitted.
pub struct Catalog {
    types: BTreeMap<&'static str, (JobType, Validator)>,
    read: ReadPayload,
}

impl Catalog {
    /// # Errors
    /// When a type's schema is no valid JSON Schema; the text names the type.
    pub fn compile(types: Vec<JobType>) -> Result<Self, String> {
        let compile = |kind: JobType| {
            let validator = jsonschema::draft202012::new(&kind.payload_schema)
                .map_err(|error| format!("the payload schema of {}: {error}", kind.name))?;
            Ok((kind.name, (kind, validator)))
        };
        let types = types.into_iter().map(compile).collect::<Result<_, String>>()?;
        Ok(Self { types, read: |_, _| Ok(()) })
    }

    /// Payloads that satisfy their schema are then read as their handler will read them.
    #[must_use]
    pub fn read_by(self, read: ReadPayload) -> Self {
        Self { read, ..self }
    }

    pub fn types(&self) -> impl Iterator<Item = &JobType> {
        self.types.values().map(|(kind, _)| kind)
    }

    /// # Errors
    /// [`EngineError::UnknownJobType`], which names those that exist.
    pub fn find(&self, name: &str) -> Result<&JobType, EngineError> {
        self.entry(name).map(|(kind, _)| kind)
    }

    /// Checks a payload against its type's schema and its handler's reading; every fault is named with its path.
    ///
    /// # Errors
    /// [`EngineError::UnknownJobType`] or [`EngineError::Invalid`].
    pub fn check(&self, job_type: &str, payload: &Value) -> Result<(), EngineError> {
        let (_, validator) = self.entry(job_type)?;
        if validator.is_valid(payload) {
            return (self.read)(job_type, payload).map_err(|fault| {
                let path = format!("/payload{}", fault.path);
                EngineError::Invalid(vec![Fault::new(path, fault.message)])
            });
        }
        let faults = validator.iter_errors(payload).take(FAULTS_MAX).map(|error| {
            Fault::new(format!("/payload{}", error.instance_path()), error.to_string())
        });
        Err(EngineError::Invalid(faults.collect()))
    }

    fn entry(&self, name: &str) -> Result<&(JobType, Validator), EngineError> {
        self.types.get(name).ok_or_else(|| EngineError::UnknownJobType {
            given: name.chars().take(100).collect(),
            known: self.types.keys().copied().collect::<Vec<_>>().join(", "),
        })
    }
}

#[cfg(test)]
mod tests {
    use agent_runner_domain::catalog::PayloadFault;
    use serde_json::json;

    use super::*;

    fn catalog() -> Catalog {
        let payload_schema = json!({
            "type": "object", "required": ["message"], "additionalProperties": false,
            "properties": {"message": {"type": "string"}},
        });
        let example = json!({"message": "hello"});
        let kind = JobType { name: "echo", summary: "", payload_schema, example };
        Catalog::compile(vec![kind]).unwrap()
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
    fn an_unknown_type_is_told_what_exists() {
        let error = catalog().check("ecco", &json!({})).unwrap_err();
        assert!(error.to_string().contains("there are: echo"), "{error}");
    }
}
