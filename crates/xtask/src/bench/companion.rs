//! A program beside the measurement, in a process of its own.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, ensure};

/// Killed when it is dropped.
pub(super) struct Companion(Child);

impl Companion {
    /// Starts it, and waits for the first line that it prints: that is how it says where it listens.
    pub(super) fn start(command: &mut Command) -> anyhow::Result<(Self, String)> {
        let program = command.get_program().display().to_string();
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut companion = Self(child.with_context(|| format!("starting {program}"))?);
        let output = companion.0.stdout.take().context("it is piped")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        ensure!(line.ends_with('\n'), "{program} has ended without a word");
        Ok((companion, line.trim().to_owned()))
    }
}

impl Companion {
    pub(super) fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
