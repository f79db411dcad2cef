//! Who plays the models, in a process of its own as a provider is.

use std::{ffi::OsStr, process::Command};

use anyhow::Context;

use super::{Bed, companion::Companion};

/// A model that the simulator plays.
pub(super) const MODEL: &str = "claude-sonnet-5-5";
/// The simulator takes any.
pub(super) const KEY: &str = "sk-sim";

pub(super) struct Simulator {
    _process: Companion,
    pub(super) url: String,
}

impl Simulator {
    pub(super) fn start<O: AsRef<OsStr>>(bed: &Bed, options: &[O]) -> anyhow::Result<Self> {
        let mut command = Command::new(bed.programs.simulator());
        command.args(["--listen", "127.0.0.1:0"]).args(options);
        let (process, line) = Companion::start(&mut command)?;
        let url = line.split(' ').next_back().context("the simulator's address")?.to_owned();
        Ok(Self { _process: process, url })
    }

    /// What makes a server send its model calls here.
    pub(super) fn environment(&self) -> [(&str, &str); 2] {
        [("ANTHROPIC_BASE_URL", &self.url), ("ANTHROPIC_API_KEY", KEY)]
    }
}
