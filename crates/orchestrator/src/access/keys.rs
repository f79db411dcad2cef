//! API keys. The server knows only their digests: keys are long and random, so a plain SHA-256 cannot be guessed.

use std::fmt::Write as _;

use agent_runner_domain::TenantId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Scope;

/// What the server knows of one key: one entry of the key file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyEntry {
    /// For people, to tell keys apart.
    pub name: String,
    pub tenant: TenantId,
    pub scopes: Vec<Scope>,
    /// The key's SHA-256, in hexadecimal.
    pub sha256: Sha256Hex,
}

/// A digest, written in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sha256Hex([u8; 32]);

/// All keys of a server; at least one.
#[derive(Debug, Clone)]
pub(crate) struct Keys(Vec<KeyEntry>);

/// The text of a key file is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFileError {
    #[error(
        "it must hold entries as `agent-runner keys new` prints them, one a line or in one JSON array"
    )]
    NotEntries(#[from] serde_json::Error),
    #[error("it holds no keys; `agent-runner keys new` makes one")]
    Empty,
    #[error("two of its keys are the same: {0} and {1}")]
    Twice(String, String),
}

/// A key that was just made. Shown once: nothing can bring it back.
pub struct NewKey {
    pub key: String,
    pub entry: KeyEntry,
}

impl NewKey {
    /// `random` must not be guessable.
    #[must_use]
    pub fn new(name: &str, tenant: TenantId, scopes: Vec<Scope>, random: [u8; 32]) -> Self {
        let key = format!("ark_{}", hex(&random));
        let sha256 = Sha256Hex::of(&key);
        Self { key, entry: KeyEntry { name: name.to_owned(), tenant, scopes, sha256 } }
    }
}

impl Keys {
    /// Reads a key file: entries one a line, or in one array.
    ///
    /// # Errors
    /// [`KeyFileError`], which does not tell the file's name.
    pub(crate) fn parse(text: &str) -> Result<Self, KeyFileError> {
        // Not tried as either, so that the error tells the line and the field.
        let entries: Vec<KeyEntry> = if text.trim_start().starts_with('[') {
            serde_json::from_str(text)?
        } else {
            serde_json::Deserializer::from_str(text).into_iter().collect::<Result<_, _>>()?
        };
        for (at, entry) in entries.iter().enumerate() {
            if let Some(earlier) =
                entries[..at].iter().find(|earlier| earlier.sha256 == entry.sha256)
            {
                return Err(KeyFileError::Twice(earlier.name.clone(), entry.name.clone()));
            }
        }
        if entries.is_empty() { Err(KeyFileError::Empty) } else { Ok(Self(entries)) }
    }

    /// The entry of this key. Takes equally long whichever key it is, so that time tells nothing.
    pub(super) fn find(&self, key: &str) -> Option<&KeyEntry> {
        let presented = Sha256Hex::of(key);
        let mut found = None;
        for entry in &self.0 {
            if bool::from(entry.sha256.0.ct_eq(&presented.0)) {
                found = Some(entry);
            }
        }
        found
    }
}

impl Sha256Hex {
    fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Serialize for Sha256Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for Sha256Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || D::Error::custom("sha256 must be 64 hexadecimal digits");
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let mut digest = [0; 32];
        for (at, byte) in digest.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| wrong())?;
        }
        Ok(Self(digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_key(random: u8) -> NewKey {
        NewKey::new("ci", TenantId::default_tenant(), vec![Scope::Read], [random; 32])
    }

    #[test]
    fn a_key_is_found_by_what_was_printed_of_it() {
        let (one, two) = (new_key(1), new_key(2));
        let lines = [&one, &two].map(|key| serde_json::to_string(&key.entry).unwrap());
        for file in [lines.join("\n"), format!("[{}]", lines.join(","))] {
            let keys = Keys::parse(&file).unwrap();
            assert_eq!(keys.find(&two.key), Some(&two.entry));
            assert_eq!(keys.find("ark_"), None);
            assert!(!file.contains(&one.key[4..]));
        }
    }

    #[test]
    fn a_file_that_locks_everybody_out_or_is_wrong_is_refused() {
        let line = serde_json::to_string(&new_key(1).entry).unwrap();
        let twice = format!("{line}\n{line}");
        for file in ["", "[]", "{}", "[1]", &twice, &line.replace("\"read\"", "\"root\"")] {
            assert!(Keys::parse(file).is_err(), "{file}");
        }
    }

    #[test]
    fn what_is_wrong_in_a_file_is_told_with_its_line() {
        let line = serde_json::to_string(&new_key(1).entry).unwrap();
        let file = format!("{line}\n{}", line.replace("\"read\"", "\"root\""));
        let Err(KeyFileError::NotEntries(error)) = Keys::parse(&file) else {
            panic!("there is no scope root");
        };
        assert!(error.line() == 2 && error.to_string().contains("root"), "{error}");
    }
}
