//! Secrets that a payload names: `Bearer {weather_token}` stands for the token and is never shown with it.

use agent_runner_domain::job::{CauseKind, Failure};

use super::shortened;
use crate::Context;

const NAME_BYTES_MAX: usize = 64;
/// Shorter texts are found everywhere, and hiding them would only spoil what they are found in.
const HIDDEN_BYTES_MIN: usize = 6;
/// The setting of a secret.
const PREFIX: &str = "AGENT_RUNNER_SECRET_";

/// A text with `{name}` where secrets belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Secret(String),
}

impl Template {
    /// # Errors
    /// What is wrong, and what would be right.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, left) = after.split_once('}').ok_or("a `{` has no `}`")?;
            check_name(name)?;
            parts.extend([Part::Text(before.to_owned()), Part::Secret(name.to_owned())]);
            rest = left;
        }
        if parts.is_empty() {
            return Err(
                "names no secret; write its name in braces, as in `Bearer {weather_token}`, \
                and put what is no secret where it may be read"
                    .to_owned(),
            );
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// The text with the secrets in it.
    ///
    /// # Errors
    /// When one is not there: the job cannot run before somebody sets it.
    pub(super) async fn fill(
        &self,
        context: &Context,
        hidden: &mut Hidden,
    ) -> Result<String, Failure> {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Secret(name) => {
                    let value = secret(name, context).await?;
                    hidden.add(&value);
                    text.push_str(&value);
                }
            }
        }
        Ok(text)
    }
}

fn check_name(name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if (1..=NAME_BYTES_MAX).contains(&name.len()) && name.chars().all(allowed) {
        return Ok(());
    }
    let shown = shortened(name.to_owned(), NAME_BYTES_MAX);
    Err(format!("`{shown}` is no name of a secret: letters, digits and `_`"))
}

async fn secret(name: &str, context: &Context) -> Result<String, Failure> {
    let setting = format!("{PREFIX}{}", name.to_ascii_uppercase());
    let value = context.setting(&setting).await?;
    value.map(|value| value.reveal().to_owned()).ok_or_else(|| {
        let message = format!(
            "a tool wants the secret `{name}`, and there is none: set {setting} for the server, or store a secret of that name"
        );
        Failure::lasting(CauseKind::InvalidPayload, message)
    })
}

/// The secrets of a job, so that no tool says them.
#[derive(Default)]
pub(super) struct Hidden(Vec<String>);

impl Hidden {
    fn add(&mut self, value: &str) {
        if value.len() >= HIDDEN_BYTES_MIN {
            self.0.push(value.to_owned());
        }
    }

    pub(super) fn out_of(&self, text: String) -> String {
        self.0.iter().fold(text, |text, secret| {
            if text.contains(secret) { text.replace(secret, "[secret]") } else { text }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_names_its_secrets() {
        let text = |text: &str| Part::Text(text.to_owned());
        let expected = vec![text("Bearer "), Part::Secret("token".to_owned()), text("")];
        assert_eq!(Template::parse("Bearer {token}"), Ok(Template(expected)));
        for wrong in ["Bearer token", "{", "{}", "{../x}", "{ANTHROPIC API KEY}"] {
            assert!(Template::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn secrets_are_taken_out_of_what_tools_say() {
        let mut hidden = Hidden::default();
        hidden.add("hunter22");
        hidden.add("e");
        assert_eq!(hidden.out_of("the key is hunter22".to_owned()), "the key is [secret]");
    }
}
