//! Numbers and lengths that OpenAI refuses.

use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::tokens;

const PROMPT_TOKENS_MAX: u64 = 272_000;
const OUTPUT_TOKENS_MAX: u64 = 128_000;

pub(super) fn check(fields: &Map<String, Value>) -> Result<(), Refusal> {
    for (name, max) in [("temperature", 2.0), ("top_p", 1.0)] {
        let value = fields.get(name).filter(|value| !value.is_null());
        let Some(value) = value.map(|value| value.as_f64().unwrap_or(f64::NAN)) else { continue };
        if !(0.0..=max).contains(&value) {
            let (code, limit) = if value < 0.0 {
                ("decimal_below_min_value", "below minimum value. Expected a value >= 0".to_owned())
            } else {
                (
                    "decimal_above_max_value",
                    format!("above maximum value. Expected a value <= {max}"),
                )
            };
            let message = format!("Invalid '{name}': decimal {limit}, but got {value} instead.");
            return Err(Refusal::coded(400, code, &message));
        }
    }
    output(fields)?;
    let prompt = tokens::of(&fields["messages"].to_string());
    if prompt > PROMPT_TOKENS_MAX {
        let message = format!(
            "Input tokens exceed the configured limit of {PROMPT_TOKENS_MAX} tokens. Your messages resulted in {prompt} tokens. Please reduce the length of the messages."
        );
        return Err(Refusal::coded(400, "context_length_exceeded", &message));
    }
    Ok(())
}

fn output(fields: &Map<String, Value>) -> Result<(), Refusal> {
    let wanted = ["max_completion_tokens", "max_tokens"]
        .into_iter()
        .find_map(|name| Some((name, fields.get(name).filter(|value| !value.is_null())?)));
    let Some((name, value)) = wanted else { return Ok(()) };
    match value.as_u64() {
        Some(1..=OUTPUT_TOKENS_MAX) => Ok(()),
        Some(asked) if asked > 0 => Err(Refusal::coded(
            400,
            "invalid_value",
            &format!(
                "{name} is too large: {asked}. This model supports at most {OUTPUT_TOKENS_MAX} completion tokens, whereas you provided {asked}."
            ),
        )),
        _ => Err(Refusal::coded(
            400,
            "integer_below_min_value",
            &format!(
                "Invalid '{name}': integer below minimum value. Expected a value >= 1, but got {value} instead."
            ),
        )),
    }
}
