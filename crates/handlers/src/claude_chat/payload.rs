//! What to ask.

use agent_runner_domain::catalog::PayloadFault;
use agent_runner_llm::{Block, Message, Role};
use schemars::JsonSchema;
use serde::Deserialize;

use super::files::FileOfJob;
use crate::model_payload::{check_model, check_temperature, fault};

/// A question to a model, with what was said before and files to look at.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// What the user says last. Needed unless `messages` end with a turn of the user.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(super) prompt: Option<String>,
    /// Who the model is and how it should answer.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(super) system: Option<String>,
    /// The longest answer, in tokens.
    #[serde(default = "Payload::max_tokens_default")]
    #[schemars(range(min = 1))]
    pub(super) max_tokens: u32,
    /// `claude-sonnet-5-5`, or `provider/model`; by default what `CLAUDE_MODEL` says where the orchestrator runs.
    #[serde(default)]
    pub(super) model: Option<String>,
    /// What was said before, beginning with the user.
    #[serde(default)]
    pub(super) messages: Vec<Turn>,
    /// From 0, always the likeliest word, to 1 (2 for models other than Claude).
    #[serde(default)]
    #[schemars(range(min = 0, max = 2))]
    pub(super) temperature: Option<f64>,
    /// PNG, JPEG, GIF or WebP files that jobs have left.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub(super) images: Vec<FileOfJob>,
    /// PDF or text files that jobs have left.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub(super) documents: Vec<FileOfJob>,
}

/// One turn of the conversation.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    role: Speaker,
    content: Content,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    User,
    Assistant,
}

/// A text, or parts of one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a text, or a list of {\"type\": \"text\", \"text\": …}")]
pub enum Content {
    Text(String),
    Parts(Vec<TextPart>),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum TextPart {
    Text { text: String },
}

impl Content {
    fn texts(&self) -> Vec<&str> {
        match self {
            Self::Text(text) => vec![text],
            Self::Parts(parts) => {
                parts.iter().map(|TextPart::Text { text }| text.as_str()).collect()
            }
        }
    }
}

impl Payload {
    fn max_tokens_default() -> u32 {
        1024
    }

    /// What the schema cannot say.
    pub(super) fn check(&self) -> Result<(), PayloadFault> {
        self.check_numbers()?;
        check_model(self.model.as_deref())?;
        check_temperature(self.temperature, self.model.as_deref())?;
        for (index, turn) in self.messages.iter().enumerate() {
            if turn.content.texts().iter().all(|text| text.trim().is_empty()) {
                return Err(fault(format!("/messages/{index}/content"), "says nothing"));
            }
        }
        if self.messages.first().is_some_and(|turn| turn.role != Speaker::User) {
            return Err(fault("/messages/0/role", "a conversation begins with the user"));
        }
        self.check_end()
    }

    /// The schema says so, too; a worker has nobody else to ask.
    fn check_numbers(&self) -> Result<(), PayloadFault> {
        if self.max_tokens == 0 {
            return Err(fault("/max_tokens", "has to be at least 1"));
        }
        if self.temperature.is_some_and(|wanted| !(0.0..=2.0).contains(&wanted)) {
            return Err(fault("/temperature", "has to be from 0 to 2"));
        }
        Ok(())
    }

    fn check_end(&self) -> Result<(), PayloadFault> {
        match (&self.prompt, self.messages.last()) {
            (Some(prompt), _) if prompt.trim().is_empty() => Err(fault("/prompt", "says nothing")),
            (Some(_), _) | (None, Some(Turn { role: Speaker::User, .. })) => Ok(()),
            (None, None) => Err(fault("/prompt", "is missing: say what to ask")),
            (None, Some(_)) => Err(fault(
                "/prompt",
                "is missing: `messages` end with the assistant, so it is the user's turn",
            )),
        }
    }

    /// The conversation, with `files` in front of what the user says last.
    pub(super) fn messages(&self, files: Vec<Block>) -> Vec<Message> {
        let mut messages: Vec<Message> = self.messages.iter().map(message).collect();
        if let Some(prompt) = &self.prompt {
            messages.push(Message::user(prompt));
        }
        if let Some(last) = messages.last_mut() {
            last.content.splice(0..0, files);
        }
        messages
    }
}

fn message(turn: &Turn) -> Message {
    let role = match turn.role {
        Speaker::User => Role::User,
        Speaker::Assistant => Role::Assistant,
    };
    // Providers refuse empty texts.
    let texts = turn.content.texts().into_iter().filter(|text| !text.trim().is_empty());
    Message { role, content: texts.map(Block::text).collect() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn payload(value: Value) -> Payload {
        serde_json::from_value(value).unwrap()
    }

    fn place(value: Value) -> String {
        payload(value).check().unwrap_err().path
    }

    #[test]
    fn what_no_model_would_take_is_named_with_its_place() {
        let user = json!({"role": "user", "content": "hi"});
        let assistant = json!({"role": "assistant", "content": "hello"});
        assert_eq!(place(json!({})), "/prompt");
        assert_eq!(place(json!({"prompt": " \n"})), "/prompt");
        assert_eq!(place(json!({"messages": [user, assistant]})), "/prompt");
        assert_eq!(place(json!({"messages": [assistant, user]})), "/messages/0/role");
        let empty = json!({"role": "user", "content": [{"type": "text", "text": ""}]});
        assert_eq!(place(json!({"messages": [user, empty]})), "/messages/1/content");
        assert_eq!(place(json!({"prompt": "a", "max_tokens": 0})), "/max_tokens");
        assert_eq!(place(json!({"prompt": "a", "temperature": -0.1})), "/temperature");
        assert_eq!(place(json!({"prompt": "a", "temperature": 1.1})), "/temperature");
        assert_eq!(place(json!({"prompt": "a", "model": "llama3"})), "/model");
        let gpt = json!({"prompt": "a", "temperature": 1.1, "model": "gpt-6-luna"});
        assert!(payload(gpt).check().is_ok());
        assert!(payload(json!({"messages": [user]})).check().is_ok());
    }

    #[test]
    fn the_prompt_comes_last_and_files_before_it() {
        let turns = json!([{"role": "user", "content": "a"}, {"role": "assistant", "content":
            [{"type": "text", "text": "b"}, {"type": "text", "text": "c"}]}]);
        let payload = payload(json!({"prompt": "d", "messages": turns}));
        let messages = payload.messages(vec![Block::image("image/png", "AA==")]);
        assert_eq!(messages.len(), 3);
        assert_eq!(messages[1].content, [Block::text("b"), Block::text("c")]);
        assert_eq!(messages[2].content[1], Block::text("d"));
    }
}
