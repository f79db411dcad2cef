//! What is found out about one part of an installation, for people who want to know what is wrong.

/// How it is with one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Ok,
    /// It works, and somebody should look. What to do about it.
    Warn(String),
    /// It does not work. What to do about it, where the message does not say so itself.
    Fail(Option<String>),
}

/// What was found out about one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub check: &'static str,
    pub state: State,
    pub message: String,
}

impl Finding {
    pub fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, state: State::Ok, message: message.into() }
    }

    pub fn warn(check: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, state: State::Warn(fix.into()), message: message.into() }
    }

    pub fn fail(check: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, state: State::Fail(Some(fix.into())), message: message.into() }
    }
}
