//! What a model may write into the payload of a child.

use serde_json::{Value, json};

use super::JobLimits;

/// Takes from the payload what the parent may not give, or says why it cannot be.
///
/// # Errors
/// What is wrong, for the model.
pub(super) fn allowed(
    job_type: &str,
    mut payload: Value,
    limits: &JobLimits,
) -> Result<Value, String> {
    if !limits.job_types.iter().any(|known| known == job_type) {
        let known = limits.job_types.join(", ");
        return Err(format!("this job may not start jobs of type `{job_type}`, only: {known}"));
    }
    let Some(fields) = payload.as_object_mut() else {
        return Err("`payload` has to be an object".to_owned());
    };
    let own = limits.tools.entries();
    let tools = fields.get("tools").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if let Some(tool) = tools.iter().find(|tool| !own.contains(tool)) {
        return Err(format!(
            "a job that you start can have your own tools, and {tool} is none of them"
        ));
    }
    if !tools.iter().any(|tool| tool == super::submit::NAME) {
        return Ok(payload);
    }
    let max = limits.jobs_max / 2;
    if max == 0 {
        return Err(
            "a job that you start may not start others; leave out the tool `submit_job`".to_owned()
        );
    }
    let asked = fields.get("max_jobs").and_then(Value::as_u64);
    fields.insert(
        "max_jobs".to_owned(),
        json!(asked.map_or(max.into(), |asked| asked.min(max.into()))),
    );
    let types = fields.get("job_types").and_then(Value::as_array);
    let wider = types.and_then(|types| {
        types.iter().find(|kind| !limits.job_types.iter().any(|own| *kind == own))
    });
    if let Some(kind) = wider {
        return Err(format!(
            "`job_types` of a job that you start cannot have {kind}, which yours have not"
        ));
    }
    fields.entry("job_types").or_insert_with(|| json!(limits.job_types));
    Ok(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(jobs_max: u32) -> JobLimits {
        let tools = json!(["calculator", "submit_job"]);
        let tools = serde_json::from_value(tools).unwrap();
        JobLimits { jobs_max, job_types: vec!["echo".to_owned(), "tool_agent".to_owned()], tools }
    }

    fn child(payload: Value) -> Result<Value, String> {
        allowed("tool_agent", payload, &limits(10))
    }

    #[test]
    fn a_child_gets_no_more_than_its_parent_has() {
        assert!(
            allowed("command", json!({}), &limits(10)).unwrap_err().contains("echo, tool_agent")
        );
        assert_eq!(child(json!({"tools": ["calculator"]})), Ok(json!({"tools": ["calculator"]})));
        for tool in [json!("run_command"), json!({"mcp": "x", "command": "sh"})] {
            assert!(child(json!({"tools": [tool]})).unwrap_err().contains("your own tools"));
        }
        let tools = json!(["submit_job"]);
        assert!(child(json!({"tools": tools, "job_types": ["command"]})).is_err());
    }

    #[test]
    fn a_child_may_start_half_as_many() {
        let types = json!(["echo", "tool_agent"]);
        for (asked, given) in
            [(json!({}), 5), (json!({"max_jobs": 100}), 5), (json!({"max_jobs": 2}), 2)]
        {
            let mut payload = json!({"tools": ["submit_job"]});
            payload.as_object_mut().unwrap().extend(asked.as_object().unwrap().clone());
            let expected = json!({"tools": ["submit_job"], "max_jobs": given, "job_types": types});
            assert_eq!(child(payload), Ok(expected));
        }
        let last = allowed("tool_agent", json!({"tools": ["submit_job"]}), &limits(1));
        assert!(last.unwrap_err().contains("may not start others"));
    }
}
