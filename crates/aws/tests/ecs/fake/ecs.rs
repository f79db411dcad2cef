//! The actions of ECS.

use axum::response::Response;
use serde_json::{Value, json};

use super::{
    error, said,
    tasks::{Task, Tasks},
};

const PAGE: usize = 100;

pub(super) fn answer(tasks: &mut Tasks, action: &str, asked: &Value) -> Response {
    match action {
        "RunTask" => run(tasks, asked),
        "StopTask" => stop(tasks, asked),
        "DescribeTasks" => describe(tasks, asked),
        "ListTasks" => list(tasks, asked),
        _ => error(400, "UnsupportedFeatureException", action),
    }
}

fn text<'a>(asked: &'a Value, name: &str) -> &'a str {
    asked[name].as_str().unwrap_or_default()
}

fn run(tasks: &mut Tasks, asked: &Value) -> Response {
    if asked["overrides"].to_string().len() > 8_192 {
        let message = "Container Overrides length must be at most 8192";
        return error(400, "InvalidParameterException", message);
    }
    let token = text(asked, "clientToken");
    let arn = match tasks.tokens.get(token) {
        Some((before, _)) if before != asked => {
            let message = "The clientToken was used with other parameters";
            return error(400, "ConflictException", message);
        }
        Some((_, arn)) => arn.clone(),
        None => tasks.start(text(asked, "taskDefinition"), text(asked, "startedBy")),
    };
    tasks.tokens.insert(token.to_owned(), (asked.clone(), arn.clone()));
    let task = tasks.find(&arn).unwrap().json();
    said(&json!({"tasks": [task], "failures": []}))
}

fn stop(tasks: &mut Tasks, asked: &Value) -> Response {
    let hidden = tasks.hidden;
    match tasks.find(text(asked, "task")).filter(|_| !hidden) {
        Some(task) => {
            task.stop();
            said(&json!({"task": task.json()}))
        }
        None => error(400, "InvalidParameterException", "The referenced task was not found."),
    }
}

fn describe(tasks: &mut Tasks, asked: &Value) -> Response {
    let arns = asked["tasks"].as_array().unwrap();
    if arns.len() > PAGE {
        return error(400, "InvalidParameterException", "Tasks cannot be more than 100");
    }
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for arn in arns.iter().filter_map(Value::as_str) {
        let hidden = tasks.hidden;
        match tasks.find(arn).filter(|_| !hidden) {
            Some(task) => found.push(task.json()),
            None => failures.push(json!({"arn": arn, "reason": "MISSING"})),
        }
    }
    said(&json!({"tasks": found, "failures": failures}))
}

fn list(tasks: &Tasks, asked: &Value) -> Response {
    let wanted = asked["desiredStatus"].as_str().unwrap_or("RUNNING");
    let started_by = asked["startedBy"].as_str();
    let fits = |task: &&Task| {
        let status = if task.is_over() { "STOPPED" } else { "RUNNING" };
        status == wanted && started_by.is_none_or(|by| by == task.started_by)
    };
    let start: usize = text(asked, "nextToken").parse().unwrap_or(0);
    let all: Vec<_> = tasks.all.iter().filter(fits).map(|task| &task.arn).collect();
    let end = (start + PAGE).min(all.len());
    let next = (end < all.len()).then(|| end.to_string());
    said(&json!({"taskArns": all[start..end], "nextToken": next}))
}
