//! Identifiers: one type per noun, sortable by time, prefixed in text so that they cannot be mixed up.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ulid::Ulid;

use crate::Timestamp;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct IdError {
    message: String,
}

impl IdError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

/// A job's name for ever, `job_` and a ULID: `job_01JD3X…`. Sorts by the time the job was submitted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(Ulid);

impl JobId {
    pub const PREFIX: &str = "job_";

    /// `random` gives the 80 low bits; the time gives the order.
    #[must_use]
    pub fn new(at: Timestamp, random: u128) -> Self {
        let millis = u64::try_from(at.as_millis()).unwrap_or(0);
        Self(Ulid::from_parts(millis, random))
    }

    #[must_use]
    pub fn from_u128(bits: u128) -> Self {
        Self(Ulid::from(bits))
    }

    #[must_use]
    pub fn as_u128(self) -> u128 {
        self.0.into()
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = [0; ulid::ULID_LEN];
        write!(f, "{}{}", Self::PREFIX, self.0.array_to_str(&mut buffer))
    }
}

impl fmt::Debug for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for JobId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let wrong =
            || IdError::new("a job id is `job_` and 26 characters, as `POST /jobs` returned it");
        let ulid = text.strip_prefix(Self::PREFIX).ok_or_else(wrong)?;
        let id = Self(Ulid::from_string(ulid).map_err(|_| wrong())?);
        // One job has one spelling, so that ids can be compared as text.
        if id.to_string() == text { Ok(id) } else { Err(wrong()) }
    }
}

/// The secret token of one attempt. Only its holder may write for the job.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease(u128);

impl Lease {
    #[must_use]
    pub fn from_u128(bits: u128) -> Self {
        Self(bits)
    }

    /// The token as text, for the worker it belongs to; never for a log.
    #[must_use]
    pub fn reveal(self) -> String {
        format!("{:032x}", self.0)
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lease(…)")
    }
}

impl FromStr for Lease {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        match u128::from_str_radix(text, 16) {
            Ok(bits) if hex => Ok(Self(bits)),
            _ => Err(IdError::new("a lease is 32 hexadecimal digits")),
        }
    }
}

/// Who an API key belongs to. Jobs of one tenant do not exist for another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(Arc<str>);

impl TenantId {
    /// The one tenant of a server without API keys.
    #[must_use]
    pub fn default_tenant() -> Self {
        Self("default".into())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for TenantId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if (1..=64).contains(&text.len()) && text.chars().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(IdError::new("a tenant is 1 to 64 letters, digits, `-`, `_` or `.`"))
        }
    }
}

macro_rules! serde_as_text {
    ($($id:ty, $to_text:expr;)*) => {$(
        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&$to_text(self))
            }
        }
        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

serde_as_text! {
    JobId, JobId::to_string;
    Lease, |lease: &Lease| lease.reveal();
    TenantId, TenantId::to_string;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_job_id_survives_its_text(bits in any::<u128>()) {
            let id = JobId::from_u128(bits);
            prop_assert_eq!(id.to_string().parse::<JobId>().unwrap(), id);
        }

        #[test]
        fn a_lease_survives_its_text_and_hides_from_debug(bits in any::<u128>()) {
            let lease = Lease::from_u128(bits);
            prop_assert_eq!(lease.reveal().parse::<Lease>().unwrap(), lease);
            let shown = format!("{lease:?}");
            prop_assert!(!shown.contains(&lease.reveal()));
        }

        #[test]
        fn any_text_is_an_id_or_an_error(text in "\\PC{0,40}") {
            let _ = (text.parse::<JobId>(), text.parse::<Lease>(), text.parse::<TenantId>());
        }
    }

    #[test]
    fn ids_sort_by_time() {
        let early = JobId::new(Timestamp::from_millis(1), u128::MAX);
        let late = JobId::new(Timestamp::from_millis(2), 0);
        assert!(early < late && early.to_string() < late.to_string());
    }

    #[test]
    fn another_spelling_of_an_id_is_refused() {
        let id = JobId::new(Timestamp::from_millis(1), 77).to_string();
        assert!(id.to_lowercase().parse::<JobId>().is_err());
    }
}
