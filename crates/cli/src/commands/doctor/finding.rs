//! What a check found.

use console::style;
use serde::Serialize;

use crate::failure::Failure;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    Ok,
    Warn,
    Fail,
}

#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) level: Level,
    pub(super) check: &'static str,
    pub(super) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fix: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { level: Level::Ok, check, message: message.into(), fix: None }
    }

    pub(super) fn warn(
        check: &'static str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { level: Level::Warn, check, message: message.into(), fix: Some(fix.into()) }
    }

    pub(super) fn fail(
        check: &'static str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { level: Level::Fail, check, message: message.into(), fix: Some(fix.into()) }
    }

    /// A failure has its fix in its own text.
    pub(super) fn failed(check: &'static str, failure: &Failure) -> Self {
        Self { level: Level::Fail, check, message: failure.to_string(), fix: None }
    }

    pub(super) fn text(&self) -> String {
        let level = match self.level {
            Level::Ok => style("ok  ").green(),
            Level::Warn => style("warn").yellow(),
            Level::Fail => style("fail").red().bold(),
        };
        let fix = self.fix.as_ref().map(|fix| format!("\nfix: {fix}")).unwrap_or_default();
        let below = format!("\n{}", " ".repeat(19));
        let message = format!("{}{fix}", self.message).replace('\n', &below);
        format!("{level}  {:<12} {message}", self.check)
    }
}
