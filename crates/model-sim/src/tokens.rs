//! Four characters are a token. Real tokenizers differ; tests need numbers that stay the same.

const CHARS_PER_TOKEN: usize = 4;

pub(crate) fn of(text: &str) -> u64 {
    text.chars().count().div_ceil(CHARS_PER_TOKEN) as u64
}

/// How many characters so many tokens have.
pub(crate) fn chars(tokens: u64) -> usize {
    usize::try_from(tokens).unwrap_or(usize::MAX).saturating_mul(CHARS_PER_TOKEN)
}
