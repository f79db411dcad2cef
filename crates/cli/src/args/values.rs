//! Values as people type them. Each error says what would be right.

use std::{str::FromStr, time::Duration};

use agent_runner_domain::{
    Timestamp,
    job::{Architecture, Priority, Status},
};

use crate::clock;

/// A label of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag(pub(crate) String, pub(crate) String);

impl FromStr for Tag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok(Self(key.to_owned(), value.to_owned())),
            _ => Err("a tag is written KEY=VALUE".to_owned()),
        }
    }
}

pub(crate) fn architecture(text: &str) -> Result<Architecture, String> {
    match text {
        "arm64" => Ok(Architecture::Arm64),
        "x86_64" => Ok(Architecture::X86_64),
        _ => Err("an architecture is arm64 or x86_64".to_owned()),
    }
}

pub(crate) fn priority(text: &str) -> Result<Priority, String> {
    let wrong = "a priority is a whole number from 1 (last) to 10 (first), or low, normal or high";
    match text.to_ascii_lowercase().as_str() {
        "low" => Ok(Priority::LOW),
        "normal" => Ok(Priority::NORMAL),
        "high" => Ok(Priority::HIGH),
        number => {
            let level = number.parse::<i64>().ok().and_then(|level| level.try_into().ok());
            level.ok_or_else(|| wrong.to_owned())
        }
    }
}

/// A bare number is seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = "a duration is written like 30s, 1m30s, 2h or 500ms";
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).map_err(|_| wrong.to_owned());
    }
    humantime::parse_duration(text).map_err(|_| wrong.to_owned())
}

pub(crate) fn at(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "a time is written like 2030-01-31T12:00:00Z".to_owned())
}

/// A time, a day, or how long ago it was.
pub(crate) fn since(text: &str) -> Result<Timestamp, String> {
    let day = || at(&format!("{text}T00:00:00Z"));
    let ago = || {
        let ago = i64::try_from(humantime::parse_duration(text).ok()?.as_millis()).ok()?;
        Some(Timestamp::from_millis(clock::now().as_millis().saturating_sub(ago)))
    };
    at(text).or_else(|_| day()).or_else(|_| {
        let wrong = "write how long ago, like 7d or 12h, or a day or time, like 2030-01-31 or 2030-01-31T12:00:00Z";
        ago().ok_or_else(|| wrong.to_owned())
    })
}

/// Dollars, of which there has to be something.
pub(crate) fn usd(text: &str) -> Result<f64, String> {
    let amount = text.trim_start_matches('$').parse::<f64>().ok();
    amount
        .filter(|amount| amount.is_finite() && *amount > 0.0)
        .ok_or_else(|| "an amount is dollars above 0, like 0.50".to_owned())
}

/// In any case, with `-` for `_`.
pub(crate) fn status(text: &str) -> Result<Status, String> {
    let name = text.to_ascii_uppercase().replace('-', "_");
    name.parse().map_err(|error| format!("{error}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, millis) in [("30", 30_000), ("0.5", 500), ("1m30s", 90_000), ("2h", 7_200_000)] {
            assert_eq!(duration(text).unwrap(), Duration::from_millis(millis), "{text}");
        }
        for text in ["", "soon", "-1", "1x", "NaN", "inf"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn priorities_have_names_and_bounds() {
        assert_eq!(priority("HIGH"), Ok(Priority::HIGH));
        assert_eq!(priority("10").unwrap().get(), 10);
        for text in ["0", "11", "urgent", "", "5.5"] {
            assert!(priority(text).unwrap_err().contains("1 (last) to 10"), "{text}");
        }
    }

    #[test]
    fn a_past_may_be_written_in_three_ways() {
        let day = since("2030-01-31").unwrap();
        assert_eq!(since("2030-01-31T00:00:00Z"), Ok(day));
        let week = clock::now().as_millis() - since("7d").unwrap().as_millis();
        assert!((604_800_000..604_900_000).contains(&week), "{week}");
        assert!(since("lately").unwrap_err().contains("7d"));
    }

    #[test]
    fn an_amount_is_something() {
        assert_eq!((usd("0.5"), usd("$2")), (Ok(0.5), Ok(2.0)));
        for text in ["0", "-1", "NaN", "inf", "a lot", ""] {
            assert!(usd(text).unwrap_err().contains("dollars"), "{text}");
        }
    }

    #[test]
    fn a_status_may_be_written_in_any_case() {
        assert_eq!(status("timed-out"), Ok(Status::TimedOut));
        assert!(status("done").unwrap_err().contains("SUCCEEDED"));
    }

    proptest! {
        #[test]
        fn no_text_makes_them_panic(text in ".{0,30}") {
            let _ = (priority(&text), duration(&text), at(&text), status(&text), text.parse::<Tag>());
            let _ = (since(&text), usd(&text));
        }
    }
}
