//! Stand-ins for tasks, which live by the clock.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// How a task goes on once it is there.
#[derive(Debug, Clone)]
pub(crate) enum Life {
    /// Exits by itself with this code.
    Exits(i32),
    /// Until it is stopped; then it takes so long and exits so.
    Runs {
        ends_within: Duration,
        code: i32,
    },
    /// Its image is being pulled, for ever.
    Pulls,
    Stopped(Value),
}

#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) arn: String,
    pub(crate) family: String,
    pub(crate) started_by: String,
    pub(crate) life: Life,
    /// Since when it is being stopped, or would have been over.
    pub(crate) stops_at: Option<Instant>,
    pub(crate) stop_code: &'static str,
}

#[derive(Default)]
pub(crate) struct Tasks {
    pub(crate) all: Vec<Task>,
    /// Not seen by anybody, though they are there.
    pub(crate) hidden: bool,
    /// By client token: the call's parameters and the task.
    pub(crate) tokens: HashMap<String, (Value, String)>,
}

const SOON: Duration = Duration::from_millis(20);

impl Tasks {
    pub(crate) fn start(&mut self, family: &str, started_by: &str) -> String {
        let arn = format!("arn:aws:ecs:eu-west-1:1:task/n/{:08x}", self.all.len());
        let life = life(started_by);
        let by_itself = matches!(life, Life::Exits(_));
        self.all.push(Task {
            arn: arn.clone(),
            family: family.to_owned(),
            started_by: started_by.to_owned(),
            life,
            stops_at: by_itself.then(|| Instant::now() + SOON),
            stop_code: "EssentialContainerExited",
        });
        arn
    }

    pub(crate) fn find(&mut self, arn: &str) -> Option<&mut Task> {
        self.all.iter_mut().find(|task| task.arn == arn)
    }
}

/// By the number of the attempt, as the rules for launchers have it.
fn life(started_by: &str) -> Life {
    let runs = |millis, code| Life::Runs { ends_within: Duration::from_millis(millis), code };
    match started_by.rsplit('/').next().unwrap_or_default() {
        "1" => Life::Exits(0),
        "2" => Life::Exits(3),
        "4" => runs(250, 137),
        "5" => Life::Pulls,
        _ => runs(30, 0),
    }
}

impl Task {
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.life, Life::Stopped(_))
            || self.stops_at.is_some_and(|at| at <= Instant::now())
    }

    pub(crate) fn stop(&mut self) {
        if self.stops_at.is_some() {
            return;
        }
        let within = match self.life {
            Life::Runs { ends_within, .. } => ends_within,
            _ => Duration::ZERO,
        };
        self.stops_at = Some(Instant::now() + within);
        self.stop_code = "UserInitiated";
    }

    /// As `DescribeTasks` shows it.
    pub(crate) fn json(&self) -> Value {
        let mut shown = json!({
            "taskArn": self.arn,
            "taskDefinitionArn": format!("arn:aws:ecs:eu-west-1:1:task-definition/{}:7", self.family),
            "startedBy": self.started_by,
            "lastStatus": if matches!(self.life, Life::Pulls) { "PENDING" } else { "RUNNING" },
            "desiredStatus": if self.stops_at.is_some() { "STOPPED" } else { "RUNNING" },
            "containers": [
                {"name": "aws-guardduty-agent-x", "exitCode": 0},
                {"name": "worker", "lastStatus": "RUNNING"},
            ],
        });
        if self.is_over() {
            let code = match &self.life {
                Life::Exits(code) | Life::Runs { code, .. } => Some(*code),
                Life::Pulls | Life::Stopped(_) => None,
            };
            shown["lastStatus"] = json!("STOPPED");
            shown["stopCode"] = json!(self.stop_code);
            shown["stoppedReason"] = json!("Essential container in task exited");
            shown["containers"][1] = json!({"name": "worker", "exitCode": code});
            if let Life::Stopped(Value::Object(fields)) = &self.life {
                shown.as_object_mut().unwrap().extend(fields.clone());
            }
        }
        shown
    }
}
