//! A calendar day in UTC, as daily budgets count them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::{
    Date, OffsetDateTime, format_description::StaticFormatDescription, macros::format_description,
};

use crate::Timestamp;

const FORMAT: StaticFormatDescription = format_description!("[year]-[month]-[day]");

/// Shown and read as `2026-11-21`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

/// The text is no day.
#[derive(Debug, thiserror::Error)]
#[error("not a day such as 2026-01-31")]
pub struct DayError;

impl Day {
    /// The day in which a moment falls.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        let seconds = at.as_millis().div_euclid(1_000);
        let time = OffsetDateTime::from_unix_timestamp(seconds);
        Self(time.expect("a timestamp lies in years that have days").date())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(FORMAT).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        Date::parse(text, FORMAT).map(Self).map_err(|_| DayError)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_survives_its_text_and_ends_at_midnight() {
        let last: Timestamp = "2026-11-21T23:59:59.999Z".parse().unwrap();
        let first: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        assert_eq!(Day::of(last).to_string(), "2026-11-21");
        assert_eq!(Day::of(first).to_string().parse::<Day>().unwrap(), Day::of(first));
        assert!(Day::of(last) < Day::of(first));
        let before_1970 = Timestamp::from_millis(-1);
        assert_eq!(Day::of(before_1970).to_string(), "1969-12-31");
        let _ = (Day::of(Timestamp::MAX), Day::of(Timestamp::from_millis(i64::MIN)));
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in ["", "2026-1-1", "2026-02-30", "2026-11-21T00:00:00Z", "yesterday"] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }
}
