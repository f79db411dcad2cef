//! Where a page of jobs ended, opaque to clients.

use std::{fmt, str::FromStr};

/// Continues a listing. Clients pass on what they were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(pub u128);

/// The text is no cursor.
#[derive(Debug, thiserror::Error)]
#[error(
    "a cursor is the next_cursor of an earlier page, unchanged; leave it out for the first page"
)]
pub struct CursorError;

impl Cursor {
    /// What a cursor looks like, for the API's description.
    pub const PATTERN: &'static str = "^c1-([0-9a-f]{16}|[1-9a-f][0-9a-f]{16,31})$";
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c1-{:016x}", self.0)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let digits = text.strip_prefix("c1-").ok_or(CursorError)?;
        let cursor = u128::from_str_radix(digits, 16).map(Self).map_err(|_| CursorError)?;
        // One place has one spelling.
        if cursor.to_string() == text { Ok(cursor) } else { Err(CursorError) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_survives_its_text(at: u128) {
            prop_assert_eq!(Cursor(at).to_string().parse::<Cursor>().unwrap(), Cursor(at));
        }

        #[test]
        fn any_text_is_a_cursor_or_an_error(text in "(c1-)?\\PC{0,20}") {
            if let Ok(cursor) = text.parse::<Cursor>() {
                prop_assert_eq!(cursor.to_string(), text);
            }
        }
    }
}
