//! Keys: what is sent to a provider and shown to nobody.

use std::fmt;

/// A key that no log, error or debug output shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

/// What stands where a key was.
const HIDDEN: &str = "[key]";

/// Shorter texts are no keys: hiding every "a" would only garble a message.
const HIDE_BYTES_MIN: usize = 6;

impl Key {
    /// Surrounding white space is dropped: a key from a file or a variable often ends in a newline.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// The text without this key in it: servers like to repeat a key that they refuse.
    pub(crate) fn hide_in(&self, text: String) -> String {
        if self.0.len() < HIDE_BYTES_MIN || !text.contains(&self.0) {
            return text;
        }
        text.replace(&self.0, HIDDEN)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_hides_itself_in_debug_output_and_in_texts() {
        let key = Key::new("sk-ant-12345\n");
        assert_eq!(format!("{key:?}"), "Key(…)");
        assert_eq!(key.hide_in("bad key sk-ant-12345.".into()), "bad key [key].");
        assert_eq!(Key::new("k").hide_in("kiosk".into()), "kiosk");
    }
}
