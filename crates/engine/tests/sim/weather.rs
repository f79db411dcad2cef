//! What goes wrong in one world, and how often.

use fastrand::Rng;

/// Chances from 0 to 1. Each world has only some of the troubles, so that rare pairs of them meet often enough.
#[derive(Debug, Clone, Default)]
pub(crate) struct Weather {
    /// A port call does nothing and fails.
    pub(crate) call_fails: f64,
    /// A port call does its work and fails all the same.
    pub(crate) reply_lost: f64,
    /// A port call takes seconds.
    pub(crate) call_slow: f64,
    /// A worker's call arrives twice.
    pub(crate) call_doubled: f64,
    /// An orchestrator dies before or after a port call.
    pub(crate) orchestrator_crash: f64,
    /// A worker dies before or after a port call.
    pub(crate) worker_crash: f64,
    /// A process's clock is set to another time.
    pub(crate) clock_jump: f64,
    pub(crate) message_lost: f64,
    pub(crate) message_doubled: f64,
    pub(crate) messages_shuffled: f64,
    pub(crate) news_lost: f64,
    pub(crate) news_doubled: f64,
    pub(crate) news_late: f64,
    pub(crate) launch_without_room: f64,
    pub(crate) launch_fails: f64,
    pub(crate) launch_impossible: f64,
    /// A worker comes up, but the orchestrator does not hear of it.
    pub(crate) launch_unheard: f64,
    /// A launch is accepted and no worker comes up.
    pub(crate) launch_vanishes: f64,
    pub(crate) callback_refused: f64,
}

impl Weather {
    /// Nothing goes wrong.
    pub(crate) fn fair() -> Self {
        Self::default()
    }

    pub(crate) fn stormy(rng: &mut Rng) -> Self {
        let mut some = |chance: f64| if rng.bool() { 0.0 } else { chance * (0.2 + rng.f64()) };
        Self {
            call_fails: some(0.04),
            reply_lost: some(0.04),
            call_slow: some(0.02),
            call_doubled: some(0.2),
            orchestrator_crash: some(0.01),
            worker_crash: some(0.02),
            clock_jump: some(0.003),
            message_lost: some(0.2),
            message_doubled: some(0.2),
            messages_shuffled: some(0.3),
            news_lost: some(0.3),
            news_doubled: some(0.3),
            news_late: some(0.3),
            launch_without_room: some(0.2),
            launch_fails: some(0.1),
            launch_impossible: some(0.02),
            launch_unheard: some(0.15),
            launch_vanishes: some(0.1),
            callback_refused: some(0.6),
        }
    }
}
