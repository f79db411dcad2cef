//! What time it is for the person at the terminal.

use std::time::{Duration, SystemTime};

use agent_runner_domain::Timestamp;

#[expect(clippy::disallowed_methods, reason = "ages are shown against this machine's clock")]
pub(crate) fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

/// A length of time in at most two units: `1.2s`, `3m 5s`, `2d 4h`.
pub(crate) fn length(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{}ms", duration.as_millis()),
        1..=9 => format!("{:.1}s", duration.as_secs_f64()),
        10..=59 => format!("{seconds}s"),
        60..=3_599 => format!("{}m {}s", seconds / 60, seconds % 60),
        3_600..=86_399 => format!("{}h {}m", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_short() {
        for (millis, text) in [(7, "7ms"), (1_234, "1.2s"), (59_900, "59s"), (185_000, "3m 5s")] {
            assert_eq!(length(Duration::from_millis(millis)), text);
        }
        assert_eq!(length(Duration::from_hours(52)), "2d 4h");
    }
}
