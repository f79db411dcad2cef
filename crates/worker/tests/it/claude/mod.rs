//! Workers that ask models, here played by the simulator over HTTP.

mod golden;
mod money;
mod resume;
mod stop;

use std::{collections::BTreeMap, time::Duration};

use agent_runner_domain::{
    event::{EventBody, NewEvent},
    job::Failure,
};
use agent_runner_model_sim::Simulator;
use serde_json::Value;

use crate::{
    gateway::{Gateway, Heard, Script},
    process::Worker,
};

/// A gateway that gives one job to workers, and the simulator that they ask.
pub(crate) struct Site {
    pub(crate) gateway: Gateway,
    pub(crate) simulator: Simulator,
}

impl Site {
    pub(crate) async fn start(job_type: &'static str, payload: Value) -> Self {
        Self::start_with(Script::of(job_type, payload)).await
    }

    pub(crate) async fn start_with(script: Script) -> Self {
        let simulator = Simulator::start("127.0.0.1:0").await.unwrap();
        let mut settings = script.settings.clone();
        settings.insert("ANTHROPIC_API_KEY".to_owned(), "sk-ant-simulated".to_owned());
        settings.insert("ANTHROPIC_BASE_URL".to_owned(), simulator.url().to_owned());
        let gateway = Gateway::start(Script { settings, ..script });
        Self { gateway, simulator }
    }

    /// Runs an attempt to its end, which the gateway hears.
    pub(crate) async fn run(&self) {
        assert_eq!(Worker::start(&self.gateway).code().await, Some(0));
    }

    pub(crate) async fn result(&self) -> Value {
        self.run().await;
        self.gateway.result().await
    }

    pub(crate) async fn failure(&self) -> Failure {
        self.run().await;
        self.gateway.failure().await
    }

    /// Waits until the model has said so much.
    async fn said(&self, bytes: usize) -> String {
        self.gateway.until(|heard| Some(text(heard)).filter(|text| text.len() >= bytes)).await
    }
}

fn text(heard: &Heard) -> String {
    let texts = heard.events.iter().filter_map(|event| match &event.body {
        EventBody::Text { text } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// A slow speaker: an answer of this many words takes about so many times 8 ms.
const PACE: Duration = Duration::from_millis(8);

/// The log as lines of JSON, without what differs from run to run: times, pauses, and where a text was parted.
pub(crate) fn log(events: &[NewEvent]) -> String {
    let mut bodies: Vec<EventBody> = Vec::new();
    for event in events {
        match (bodies.last_mut(), &event.body) {
            (Some(EventBody::Text { text }), EventBody::Text { text: more }) => text.push_str(more),
            (_, body) => bodies.push(body.clone()),
        }
    }
    let sorted = |body: &EventBody| {
        let value = serde_json::to_value(body).unwrap();
        let fields: BTreeMap<String, Value> = serde_json::from_value(value).unwrap();
        without_pause(serde_json::to_string(&fields).unwrap()) + "\n"
    };
    bodies.iter().map(sorted).collect()
}

/// Pauses between tries are random.
fn without_pause(line: String) -> String {
    const PAUSE: &str = "asked again in ";
    match line.split_once(PAUSE).and_then(|(head, rest)| Some((head, rest.split_once(' ')?.1))) {
        Some((head, tail)) => format!("{head}{PAUSE}… {tail}"),
        None => line,
    }
}
