//! What one installation's parts are called. Infrastructure makes them by the same names.

/// The name of an installation, from which those of its parts follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    name: String,
}

/// The bands of the work queue, the most urgent first.
pub const BANDS: [&str; 3] = ["high", "normal", "low"];

impl Names {
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }

    #[must_use]
    pub fn table(&self) -> String {
        self.name.clone()
    }

    #[must_use]
    pub fn cluster(&self) -> String {
        self.name.clone()
    }

    /// The queue of one of the [`BANDS`].
    #[must_use]
    pub fn work_queue(&self, band: &str) -> String {
        format!("{}-{band}", self.name)
    }

    /// Where messages end that nobody could handle.
    #[must_use]
    pub fn dead_letters(&self) -> String {
        format!("{}-dead-letters", self.name)
    }

    /// Where news of tasks arrive.
    #[must_use]
    pub fn task_events(&self) -> String {
        format!("{}-task-events", self.name)
    }

    /// The family of task definitions of workers of one size and architecture: `agent-runner-worker-small-arm64`.
    #[must_use]
    pub fn worker_family(&self, size: &str, architecture: &str) -> String {
        format!("{}-worker-{size}-{architecture}", self.name)
    }

    /// A secret: `agent-runner/anthropic-api-key`.
    #[must_use]
    pub fn secret(&self, name: &str) -> String {
        format!("{}/{name}", self.name)
    }
}
