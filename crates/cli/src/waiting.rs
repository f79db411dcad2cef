//! Waiting for the ends of jobs, and showing what goes on meanwhile.

pub(crate) mod many;
pub(crate) mod one;
mod speech;

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

const TICK: Duration = Duration::from_millis(100);

/// A line with something that turns.
pub(crate) fn spinner() -> ProgressBar {
    let bar = ProgressBar::no_length();
    let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
    bar.set_style(style.expect("the template is right"));
    bar.enable_steady_tick(TICK);
    bar
}

/// A line that fills.
pub(crate) fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    let style = ProgressStyle::with_template(
        "{bar:30} {human_pos}/{human_len} {msg} {per_sec:.dim} {elapsed}, {eta} left",
    );
    bar.set_style(style.expect("the template is right"));
    bar.enable_steady_tick(TICK);
    bar
}
