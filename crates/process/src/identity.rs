//! Which process is meant, even after its pid has been given to another.

use std::{fmt, str::FromStr};

use crate::table;

/// A pid with the start time of its process. As text it is `<pid>:<start>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    pid: u32,
    started: u64,
}

/// The text names no process.
#[derive(Debug)]
pub struct IdentityError;

impl Identity {
    /// `None`: no such process, or it has ended.
    #[must_use]
    pub fn of(pid: u32) -> Option<Self> {
        let entry = table::entry(pid)?;
        Some(Self { pid, started: entry.started })
    }

    /// Of this process.
    #[must_use]
    pub fn own() -> Option<Self> {
        Self::of(std::process::id())
    }

    #[must_use]
    pub fn pid(self) -> u32 {
        self.pid
    }

    /// Whether it still runs. A process that has ended and was not yet waited for does not.
    #[must_use]
    pub fn is_alive(self) -> bool {
        table::entry(self.pid).is_some_and(|now| now.started == self.started && !now.zombie)
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.pid, self.started)
    }
}

impl FromStr for Identity {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let (pid, started) = text.split_once(':').ok_or(IdentityError)?;
        Ok(Self {
            pid: pid.parse().map_err(|_| IdentityError)?,
            started: started.parse().map_err(|_| IdentityError)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_and_its_text_names_it() {
        let own = Identity::own().unwrap();
        assert!(own.is_alive());
        assert_eq!(own.to_string().parse::<Identity>().unwrap(), own);
    }

    #[test]
    fn another_process_with_the_same_pid_is_another() {
        let own = Identity::own().unwrap();
        let earlier = Identity { started: own.started - 1, ..own };
        assert!(!earlier.is_alive());
    }
}
