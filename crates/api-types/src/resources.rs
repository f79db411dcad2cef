//! What a job asks of its worker's machine, as it is written on the wire.

use agent_runner_domain::job::{Architecture, CPU_UNIT, Resources};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    fields::{Faults, Fields, kind_of, number, pointer, whole},
    schema,
};

/// What is left out is up to the platform. On AWS each job has a machine of its own, of Fargate's sizes; the embedded
/// engine's workers share one machine, and it takes these as a note.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourcesView {
    /// Virtual processors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Cpu>)]
    pub cpu: Option<f64>,
    /// In MiB, as much as goes with `cpu`: 512 to 2048 with 0.25, up to 122880 with 16.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 512, maximum = 122_880)]
    pub memory_mb: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Architecture>)]
    pub architecture: Option<Architecture>,
    /// Whether cheap machines will do that may be taken away at two minutes' notice. Such an end is nobody's failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot: Option<bool>,
}

const KNOWN: &str = "there is no such field; there are: cpu, memory_mb, architecture, spot";

impl ResourcesView {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is stored of it.
    #[must_use]
    pub fn resources(&self) -> Resources {
        let Self { memory_mb, architecture, spot, .. } = *self;
        Resources { cpu_units: self.cpu.map(units), memory_mb, architecture, spot }
    }
}

impl From<Resources> for ResourcesView {
    fn from(stored: Resources) -> Self {
        let cpu = stored.cpu_units.map(|units| f64::from(units) / f64::from(CPU_UNIT));
        let Resources { memory_mb, architecture, spot, .. } = stored;
        Self { cpu, memory_mb, architecture, spot }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float is cut to the type's bounds, and those are no sizes"
)]
fn units(cpu: f64) -> u32 {
    (cpu * f64::from(CPU_UNIT)).round() as u32
}

pub(crate) fn read(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<ResourcesView> {
    let members = fields.read("resources", faults, |value| match value {
        Value::Object(members) => Ok(members),
        other => Err(format!("an object is wanted, not {}", kind_of(&other))),
    })?;
    let before = faults.0.len();
    let mut wish = ResourcesView::default();
    for (name, value) in members.into_iter().filter(|(_, value)| !value.is_null()) {
        let set = match name.as_str() {
            "cpu" => number(&value, 0.25, 16.0).map(|cpu| wish.cpu = Some(cpu)),
            "memory_mb" => memory(&value).map(|memory| wish.memory_mb = Some(memory)),
            "architecture" => architecture(value).map(|kind| wish.architecture = Some(kind)),
            "spot" => flag(&value).map(|spot| wish.spot = Some(spot)),
            _ => Err(KNOWN.to_owned()),
        };
        if let Err(message) = set {
            faults.add(format!("/resources{}", pointer(&name)), message);
        }
    }
    if faults.0.len() == before
        && let Err(fault) = wish.resources().size()
    {
        faults.add(format!("/resources/{}", fault.field), fault.message);
    }
    Some(wish)
}

fn memory(value: &Value) -> Result<u32, String> {
    let memory = whole(value, 512, 122_880)?;
    Ok(u32::try_from(memory).expect("in bounds"))
}

fn architecture(value: Value) -> Result<Architecture, String> {
    serde_json::from_value(value).map_err(|_| "arm64 or x86_64 is wanted".to_owned())
}

fn flag(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("true or false is wanted, not {}", kind_of(value)))
}

#[cfg(test)]
mod tests {
    use agent_runner_domain::Timestamp;

    use super::*;
    use crate::{Fault, Form, Rules, SubmitJob, Unreadable};

    fn parse(resources: &str) -> Result<SubmitJob, Vec<Fault>> {
        let body = format!(r#"{{"job_type": "echo", "resources": {resources}}}"#);
        let now = Timestamp::from_millis(0);
        let rules = Rules { form: Form::Single, now, allow_private_callbacks: false };
        SubmitJob::parse(&body, &rules).map_err(|unreadable| match unreadable {
            Unreadable::Faults(faults) => faults,
            other @ Unreadable::NotJson { .. } => panic!("{other:?}"),
        })
    }

    #[test]
    fn wishes_are_read_stored_and_shown_alike() {
        let text = r#"{"cpu":0.5,"memory_mb":2048,"architecture":"x86_64","spot":true}"#;
        let job = parse(text).unwrap();
        let stored = job.spec().resources;
        assert_eq!((stored.cpu_units, stored.memory_mb), (Some(512), Some(2_048)));
        let shown = ResourcesView::from(stored);
        assert_eq!(serde_json::to_string(&shown).unwrap(), text);
        assert_eq!(Some(shown), job.resources);
        assert!(parse("{}").unwrap().spec().resources.is_default());
        assert!(parse("null").unwrap().spec().resources.is_default());
    }

    #[test]
    fn wishes_that_no_machine_holds_are_refused_with_their_place() {
        for (wrong, path) in [
            (r#"{"cpu": 3}"#, "/resources/cpu"),
            (r#"{"cpu": 0.1}"#, "/resources/cpu"),
            (r#"{"cpu": "1"}"#, "/resources/cpu"),
            (r#"{"cpu": 0.25, "memory_mb": 4096}"#, "/resources/memory_mb"),
            (r#"{"memory_mb": 600}"#, "/resources/memory_mb"),
            (r#"{"memory_mb": 1e9}"#, "/resources/memory_mb"),
            (r#"{"architecture": "mips"}"#, "/resources/architecture"),
            (r#"{"spot": 1}"#, "/resources/spot"),
            (r#"{"gpu": 1}"#, "/resources/gpu"),
            ("[]", "/resources"),
        ] {
            let faults = parse(wrong).unwrap_err();
            assert_eq!(faults.len(), 1, "{wrong}: {faults:?}");
            assert_eq!(faults[0].path, path, "{wrong}");
        }
        let message = &parse(r#"{"cpu": 0.25, "memory_mb": 4096}"#).unwrap_err()[0].message;
        assert_eq!(
            message,
            "4096 does not go with 0.25 virtual processors: take 512, 1024 or 2048"
        );
    }
}
