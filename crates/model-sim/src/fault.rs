//! Failures on demand.

use std::time::Duration;

use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};

use crate::world::World;

/// One kind of failure. In words, as in a header or the name of a model, it is a list such as
/// `status=529 times=2`, parted by blanks, commas or `+`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// Only for prompts with this text in them. Not in words.
    pub contains: String,
    /// Refuse with this status.
    pub status: Option<u16>,
    /// The header `retry-after` of that refusal.
    pub retry_after: Option<String>,
    /// Break the connection after so many events of a stream.
    pub cut: Option<usize>,
    /// Send an error event after so many events of a stream.
    pub error: Option<usize>,
    /// Wait so many milliseconds before the first byte.
    pub slow: u64,
    /// How many calls it hits. In words: of those with the same content.
    pub times: Option<u32>,
}

impl Fault {
    /// # Errors
    /// A text that says which word is wrong.
    pub fn in_words(text: &str) -> Result<Self, String> {
        let mut fault = Self::default();
        for word in text.split([' ', ',', '+']).filter(|word| !word.is_empty()) {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let wrong = || format!("x-sim-fault: {word:?} is no fault that can be made");
            match name {
                "status" => fault.status = Some(value.parse().map_err(|_| wrong())?),
                "retry-after" => fault.retry_after = Some(value.to_owned()),
                "cut" => fault.cut = Some(value.parse().map_err(|_| wrong())?),
                "error" => fault.error = Some(value.parse().map_err(|_| wrong())?),
                "slow" => fault.slow = value.parse().map_err(|_| wrong())?,
                "times" => fault.times = Some(value.parse().map_err(|_| wrong())?),
                _ => return Err(wrong()),
            }
        }
        Ok(fault)
    }

    /// The fault of this call: one that it asks for itself, or one that was ordered.
    ///
    /// # Errors
    /// As `in_words`.
    pub(crate) fn of_call(
        world: &World,
        headers: &HeaderMap,
        words_in_model: &str,
        prompt: &str,
        asked_before: u32,
    ) -> Result<Self, String> {
        let header = headers.get("x-sim-fault").and_then(|value| value.to_str().ok());
        let own = Self::in_words(&format!("{} {words_in_model}", header.unwrap_or_default()))?;
        if own == Self::default() {
            return Ok(world.ordered_fault(prompt).unwrap_or_default());
        }
        let is_over = own.times.is_some_and(|times| asked_before >= times);
        Ok(if is_over { Self::default() } else { own })
    }

    pub(crate) fn pause(&self) -> Duration {
        Duration::from_millis(self.slow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_make_a_fault() {
        let fault = Fault::in_words("status=429,retry-after=2 times=1+slow=30").unwrap();
        let expected = Fault {
            status: Some(429),
            retry_after: Some("2".into()),
            slow: 30,
            times: Some(1),
            ..Fault::default()
        };
        assert_eq!(fault, expected);
        assert!(Fault::in_words("explode").unwrap_err().contains("explode"));
    }
}
