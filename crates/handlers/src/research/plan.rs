//! The plan: questions that together cover the topic.
//!
//! The model is held to a JSON Schema. What no schema of every provider can say, and what a server that knows no
//! schemas may get wrong, is checked here; the model hears once what is wrong.

use std::collections::HashSet;

use agent_runner_domain::job::{CauseKind, Failure};
use agent_runner_llm::{Message, Request, Response, StopReason, Usage};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::desk::{Desk, add};
use crate::{Stop, model_payload::notice};

const PART: &str = "plan";
const ROLE: &str = "You plan research. You take a topic apart into questions that can each be researched on \
    their own, by somebody who knows the topic and that one question. Together they cover what matters about the \
    topic, and they do not overlap.";
/// A plan is short, whatever the depth; models that think need room for that.
const MAX_TOKENS: u32 = 4_096;
const TRIES_MAX: u32 = 2;
const QUESTION_CHARS_MAX: usize = 2_000;

/// How the topic is gone about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    pub(super) approach: String,
    pub(super) questions: Vec<String>,
}

/// The plan as it is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Planned {
    pub(super) plan: Plan,
    pub(super) usage: Option<Usage>,
}

/// # Errors
/// When the model cannot be asked, or makes no plan.
pub(super) async fn make(desk: &Desk<'_>) -> Result<Planned, Stop> {
    desk.step(PART, None, ask(desk)).await
}

async fn ask(desk: &Desk<'_>) -> Result<Planned, Stop> {
    let round = desk.context.round(PART).await?;
    let mut request = request(desk);
    let mut usage = None;
    let mut problem = String::new();
    for number in 1..=TRIES_MAX {
        let models = desk.context.models().quietly();
        let call = format!("{PART}/{}", round * TRIES_MAX + number);
        let response = models.ask(&call, request.clone()).await?;
        add(&mut usage, response.usage.as_ref());
        match read(&response, desk.payload.questions) {
            Ok(plan) => return Ok(Planned { plan, usage }),
            Err(reason) if response.stop_reason == StopReason::Refusal => {
                let message = format!("the research was not planned: {reason}");
                return Err(lost(desk, round, &message).await?.into());
            }
            Err(reason) => problem = reason,
        }
        correct(&mut request, &response, &problem);
    }
    let message = format!(
        "{} made no plan that can be used, and neither when it was told so: {problem}; retry the job, or submit it \
         with another `model`",
        desk.model
    );
    Err(lost(desk, round, &message).await?.into())
}

async fn lost(desk: &Desk<'_>, round: u32, message: &str) -> Result<Failure, Failure> {
    desk.context.lose_round(PART, round).await?;
    Ok(Failure::lasting(CauseKind::ProviderError, message))
}

fn request(desk: &Desk<'_>) -> Request {
    let prompt = format!(
        "Topic: {}\n\nWrite exactly {} questions about this topic, and in one or two sentences the approach that \
         ties them together.",
        desk.payload.topic, desk.payload.questions
    );
    let mut request = desk.request(ROLE).user(prompt);
    request.max_tokens = MAX_TOKENS;
    request.output_schema = Some(schema());
    request
}

/// Only what every provider takes: none counts entries.
fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "approach": {"type": "string"},
            "questions": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["approach", "questions"],
        "additionalProperties": false,
    })
}

fn correct(request: &mut Request, response: &Response, problem: &str) {
    if !response.content.is_empty() {
        request.messages.push(response.to_message());
    }
    let again = format!("That cannot be used: {problem}. Answer again, with the whole plan.");
    request.messages.push(Message::user(again));
}

/// The error is for the model, and for people if the model cannot mend it.
fn read(response: &Response, count: u32) -> Result<Plan, String> {
    if let Some(notice) = notice(response, MAX_TOKENS) {
        return Err(notice);
    }
    let text = response.text();
    let plan: Plan = serde_json::from_str(text.trim())
        .map_err(|error| format!("it is not the JSON that was asked for: {error}"))?;
    check(&plan, count).map(|()| plan)
}

fn check(plan: &Plan, count: u32) -> Result<(), String> {
    let found = plan.questions.len();
    if u32::try_from(found) != Ok(count) {
        return Err(format!("`questions` has {found} entries, and {count} were asked for"));
    }
    let mut known = HashSet::new();
    for (question, number) in plan.questions.iter().zip(1..) {
        let question = question.trim();
        if question.is_empty() {
            return Err(format!("question {number} is empty"));
        }
        if question.chars().count() > QUESTION_CHARS_MAX {
            return Err(format!(
                "question {number} is longer than {QUESTION_CHARS_MAX} characters"
            ));
        }
        if !known.insert(question.to_lowercase()) {
            return Err(format!("question {number} is the same as an earlier one"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use agent_runner_llm::Block;

    use super::*;

    fn answered(text: &str, reason: StopReason) -> Response {
        Response {
            id: String::new(),
            model: "m".to_owned(),
            content: vec![Block::text(text)],
            stop_reason: reason,
            stop_sequence: None,
            stop_explanation: None,
            usage: None,
            request_id: None,
        }
    }

    fn problem(text: &str) -> String {
        read(&answered(text, StopReason::EndTurn), 3).unwrap_err()
    }

    #[test]
    fn a_plan_is_read_as_it_was_asked_for_and_not_otherwise() {
        let text = r#" {"approach": "a", "questions": ["b?", "c?", "d?"]}"#;
        let plan = read(&answered(text, StopReason::EndTurn), 3).unwrap();
        assert_eq!(plan.questions, ["b?", "c?", "d?"]);
        for prose in ["1. b?\n2. c?\n3. d?", &format!("Here it is:\n```json\n{text}\n```")] {
            assert!(problem(prose).contains("not the JSON that was asked for"));
        }
        assert!(problem(r#"{"questions": ["b", "c", "d"]}"#).contains("missing field `approach`"));
        let more = r#"{"approach": "a", "questions": ["b", "c", "d"], "budget": 1}"#;
        assert!(problem(more).contains("unknown field `budget`"));
    }

    #[test]
    fn questions_are_as_many_as_wanted_and_differ() {
        let of = |questions: Value| {
            problem(&json!({"approach": "", "questions": questions}).to_string())
        };
        assert_eq!(of(json!(["b", "c"])), "`questions` has 2 entries, and 3 were asked for");
        assert_eq!(of(json!(["b", " ", "c"])), "question 2 is empty");
        assert_eq!(of(json!(["b", "c", "B "])), "question 3 is the same as an earlier one");
        assert!(of(json!(["b", "c", "d".repeat(2_001)])).contains("question 3 is longer"));
    }

    #[test]
    fn an_answer_that_was_cut_off_is_said_to_be_so() {
        let cut = read(&answered(r#"{"approach": "a"#, StopReason::MaxTokens), 3).unwrap_err();
        assert!(cut.contains("cut off"), "{cut}");
    }
}
