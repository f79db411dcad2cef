//! Which tools are called, and with what.

use serde_json::{Map, Value, json};

use super::topic;
use crate::answer::ToolCall;
use crate::ask::{Ask, Choice, Tool};
use crate::{rules, sample};

/// What the ids of jobs look like.
const JOB_ID: (&str, usize) = ("job_", 26);

pub(super) fn calls(ask: &Ask) -> Vec<ToolCall> {
    if !matches!(ask.choice, Choice::Auto) || ask.prompt.contains("forever") {
        return rules::calls(ask);
    }
    let fresh = || ask.tools.iter().filter(|tool| !ask.called.contains(&tool.name));
    let mut calls: Vec<ToolCall> = fresh()
        .filter(|tool| rules::is_named(tool, &ask.prompt) || wants_jobs(tool))
        .filter_map(|tool| call(tool, ask))
        .collect();
    if calls.is_empty() && ask.called.is_empty() {
        calls.extend(fresh().find_map(|tool| call(tool, ask)));
    }
    calls.truncate(if ask.one_tool { 1 } else { calls.len() });
    calls
}

/// The call, if what it needs is known.
fn call(tool: &Tool, ask: &Ask) -> Option<ToolCall> {
    let input = match rules::given_input(tool, &ask.prompt) {
        Some(given) => given,
        None => input(tool, ask)?,
    };
    Some(ToolCall { name: tool.name.clone(), input })
}

/// Only what the tool cannot do without.
fn input(tool: &Tool, ask: &Ask) -> Option<Value> {
    let none = Map::new();
    let properties = tool.schema["properties"].as_object().unwrap_or(&none);
    let required: Vec<&str> = tool.schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let wanted = properties.iter().filter(|(name, _)| {
        required.contains(&name.as_str()) || (wants_jobs(tool) && is_for_jobs(name))
    });
    let values = wanted.map(|(name, schema)| Some((name.clone(), value(name, schema, ask)?)));
    values.collect::<Option<Map<_, _>>>().map(Value::Object)
}

fn value(name: &str, schema: &Value, ask: &Ask) -> Option<Value> {
    let topic = topic::of(&ask.prompt);
    match name {
        _ if is_for_jobs(name) => {
            Some(json!(job_ids(&ask.results))).filter(|ids| *ids != json!([]))
        }
        "url" => {
            ask.prompt.split_whitespace().find(|word| word.starts_with("http")).map(Value::from)
        }
        "expression" => Some(arithmetic(&ask.prompt).unwrap_or("6 * 7").into()),
        "path" | "file" | "filename" => Some("notes.txt".into()),
        "program" | "command" => Some("date".into()),
        "job_type" => Some("echo".into()),
        "payload" => Some(json!({"message": topic})),
        "content" => Some(format!("Notes about {topic}.\n").into()),
        _ => Some(sample::about(schema, &ask.prompt, &topic)),
    }
}

fn is_for_jobs(name: &str) -> bool {
    matches!(name, "jobs" | "job_ids")
}

fn wants_jobs(tool: &Tool) -> bool {
    tool.schema["properties"].as_object().is_some_and(|all| all.keys().any(|n| is_for_jobs(n)))
}

fn job_ids(results: &[String]) -> Vec<&str> {
    let (prefix, length) = JOB_ID;
    let words =
        results.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric() && c != '_'));
    words.filter(|word| word.strip_prefix(prefix).is_some_and(|id| id.len() == length)).collect()
}

/// The longest run of characters that could be calculated.
fn arithmetic(prompt: &str) -> Option<&str> {
    let runs = prompt.split(|c: char| !c.is_ascii_digit() && !" +-*/().^".contains(c));
    let sums = runs.map(|run| run.trim_matches([' ', '.', '-'])).filter(|run| {
        run.contains(['+', '-', '*', '/', '^']) && run.contains(|c: char| c.is_ascii_digit())
    });
    sums.max_by_key(|run| run.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str, property: &str) -> Tool {
        let schema = json!({"type": "object", "required": [property], "properties":
            {property: {"type": if property == "job_ids" { "array" } else { "string" }}}});
        Tool { name: name.into(), schema }
    }

    fn names(ask: &Ask) -> Vec<String> {
        calls(ask).into_iter().map(|call| call.name).collect()
    }

    #[test]
    fn no_address_is_made_up() {
        let tools = vec![tool("http_fetch", "url"), tool("write_file", "path")];
        let ask = Ask { prompt: "What about it?".into(), tools, ..Ask::default() };
        assert_eq!(names(&ask), ["write_file"]);
        let ask = Ask { prompt: "Read http://127.0.0.1/x with http_fetch".into(), ..ask };
        assert_eq!(calls(&ask)[0].input, json!({"url": "http://127.0.0.1/x"}));
    }

    #[test]
    fn jobs_are_waited_for_once_they_are_known() {
        let tools = vec![tool("submit_job", "job_type"), tool("wait_for_jobs", "job_ids")];
        let ask = Ask { prompt: "submit_job, then wait_for_jobs".into(), tools, ..Ask::default() };
        assert_eq!(names(&ask), ["submit_job"]);
        let id = "job_01JD3XN5Q7Z8Y9W0V1T2S3R4P5";
        let results = vec![format!("{{\"job_id\":\"{id}\"}}")];
        let ask = Ask { called: vec!["submit_job".into()], results, ..ask };
        assert_eq!(calls(&ask)[0].input, json!({"job_ids": [id]}));
        let called = vec!["submit_job".into(), "wait_for_jobs".into()];
        assert!(names(&Ask { called, ..ask }).is_empty());
    }

    #[test]
    fn sums_are_found() {
        assert_eq!(arithmetic("What is (17 + 4) * 2, please?"), Some("(17 + 4) * 2"));
        assert_eq!(arithmetic("well-known."), None);
    }
}
