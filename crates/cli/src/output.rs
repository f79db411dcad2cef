//! Where words go: answers to standard output, everything about them to standard error.

pub(crate) mod cost;
pub(crate) mod event;
pub(crate) mod job;
pub(crate) mod log;
pub(crate) mod money;
mod pretty;
pub(crate) mod table;
mod work;

use std::{
    io::{IsTerminal, Write, stderr, stdout},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use agent_runner_domain::RawJson;
use console::style;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};
use serde::Serialize;

use crate::failure::Failure;

/// How to talk to whoever started this.
pub(crate) struct Output {
    pub(crate) json: bool,
    quiet: bool,
    verbose: bool,
    /// Lines that move; anything else is written around them.
    moving: MultiProgress,
    /// Standard output stands in the middle of a line.
    mid_line: AtomicBool,
}

impl Output {
    pub(crate) fn new(json: bool, quiet: bool, verbose: bool) -> Self {
        let moving = if quiet || !stderr().is_terminal() {
            MultiProgress::with_draw_target(ProgressDrawTarget::hidden())
        } else {
            MultiProgress::new()
        };
        Self { json, quiet, verbose, moving, mid_line: AtomicBool::new(false) }
    }

    /// Whether a person reads standard output.
    pub(crate) fn for_people(&self) -> bool {
        !self.json && stdout().is_terminal()
    }

    /// Whether to tell what goes on while it goes on.
    pub(crate) fn tells(&self) -> bool {
        self.verbose || self.shows_progress()
    }

    pub(crate) fn shows_progress(&self) -> bool {
        !self.moving.is_hidden()
    }

    /// A line of an answer.
    pub(crate) fn line(&self, text: impl AsRef<str>) -> Result<(), Failure> {
        self.end_line()?;
        self.bytes(format!("{}\n", text.as_ref()).as_bytes())
    }

    /// A piece of running text, which goes on where the last one ended.
    pub(crate) fn text(&self, piece: &str) -> Result<(), Failure> {
        if let Some(last) = piece.chars().last() {
            self.bytes(piece.as_bytes())?;
            self.mid_line.store(last != '\n', Relaxed);
        }
        Ok(())
    }

    /// Ends a line that running text has left open.
    pub(crate) fn end_line(&self) -> Result<(), Failure> {
        if self.mid_line.swap(false, Relaxed) { self.bytes(b"\n") } else { Ok(()) }
    }

    pub(crate) fn bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        let write = || stdout().lock().write_all(bytes).and_then(|()| stdout().flush());
        self.moving.suspend(write).map_err(|error| Failure::writing(&error))
    }

    /// A value for programs, on one line.
    pub(crate) fn value<T: Serialize>(&self, value: &T) -> Result<(), Failure> {
        let text = serde_json::to_string(value);
        self.line(text.map_err(|error| Failure::machine(error.to_string()))?)
    }

    /// A value for programs, or its text for people.
    pub(crate) fn show<T: Serialize, S: AsRef<str>>(
        &self,
        value: &T,
        text: impl FnOnce() -> S,
    ) -> Result<(), Failure> {
        if self.json { self.value(value) } else { self.line(text()) }
    }

    /// A handler's own JSON: laid out for people, untouched for programs.
    pub(crate) fn raw(&self, json: &RawJson) -> Result<(), Failure> {
        if self.for_people() {
            self.line(pretty::pretty(json.get()))
        } else {
            self.line(json.get())
        }
    }

    /// Something worth knowing about what was done.
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        if !self.quiet {
            self.aside(text.as_ref());
        }
    }

    /// A line of what goes on, for those who watch.
    pub(crate) fn tell(&self, text: impl AsRef<str>) {
        if self.tells() {
            self.aside(text.as_ref());
        }
    }

    pub(crate) fn complain(&self, failure: &Failure) {
        let label = style("error:").for_stderr().red().bold();
        self.aside(&format!("{label} {failure}"));
    }

    /// Standard error may be closed; then nobody listens.
    fn aside(&self, text: &str) {
        if stdout().is_terminal() && stderr().is_terminal() {
            // Both are the same screen.
            let _ = self.end_line();
        }
        self.moving.suspend(|| {
            let _ = writeln!(stderr().lock(), "{text}");
        });
    }

    /// Shows a line that moves, until it is finished.
    pub(crate) fn moving(&self, bar: ProgressBar) -> ProgressBar {
        self.moving.add(bar)
    }
}
