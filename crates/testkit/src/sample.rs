//! Jobs to test with.

use agent_runner_domain::{
    JobId, Lease, RawJson, TenantId, Timestamp,
    event::{EventBody, LogStream, NewEvent},
    job::{Job, JobEvent, JobSpec, Step, Terms, Verdict},
    ports::{Clock, Commit, Idempotency, Ids, NewJob, Version, Versioned},
};
use serde_json::json;

use crate::{FrozenClock, SeededIds};

/// Makes jobs and events at a time and with names that the test controls.
#[derive(Debug, Clone)]
pub struct Samples {
    pub clock: FrozenClock,
    pub ids: SeededIds,
    pub tenant: TenantId,
}

impl Default for Samples {
    fn default() -> Self {
        Self::of_seed(1)
    }
}

impl Samples {
    #[must_use]
    pub fn of_seed(seed: u64) -> Self {
        Self {
            clock: FrozenClock::default(),
            ids: SeededIds::new(seed),
            tenant: TenantId::default_tenant(),
        }
    }

    /// The same clock and names, for another tenant.
    #[must_use]
    pub fn of_tenant(&self, tenant: &str) -> Self {
        Self { tenant: tenant.parse().expect("tests name tenants well"), ..self.clone() }
    }

    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new `echo` job, ready at once.
    #[must_use]
    pub fn job(&self) -> NewJob {
        self.job_with(|_| ())
    }

    /// A new job with a specification of the test's own.
    #[must_use]
    pub fn job_with(&self, change: impl FnOnce(&mut JobSpec)) -> NewJob {
        let mut spec = JobSpec::of_type("echo");
        change(&mut spec);
        self.job_at(self.now(), spec)
    }

    /// A new job that may start at `not_before`.
    #[must_use]
    pub fn job_at(&self, not_before: Timestamp, spec: JobSpec) -> NewJob {
        let now = self.now();
        let id = self.ids.job_id(now);
        let job = Job::accepted(id, self.tenant.clone(), spec, not_before, now);
        let body = EventBody::State { status: job.status(), cause: None };
        NewJob {
            log: vec![NewEvent { at: now, attempt: 0, body }],
            payload: RawJson::from(&json!({"message": "hello"})),
            idempotency: None,
            under: None,
            job,
        }
    }

    /// A new job that waits for `dependencies`.
    #[must_use]
    pub fn dependent_on(&self, dependencies: &[JobId]) -> NewJob {
        self.job_with(|spec| spec.depends_on = dependencies.to_vec())
    }

    /// A new job under an idempotency key; `body` stands for the request's body.
    #[must_use]
    pub fn keyed(&self, key: &str, body: u8) -> NewJob {
        NewJob {
            idempotency: Some(Idempotency { key: key.to_owned(), fingerprint: [body; 32] }),
            ..self.job()
        }
    }

    /// What `event` makes of a job that was seen.
    ///
    /// # Panics
    /// When the job refuses the event, or nothing changes.
    #[must_use]
    pub fn step(&self, job: &Job, event: JobEvent) -> Step {
        let step = job.apply(event, self.now()).expect("the job takes it");
        step.expect("something changes")
    }

    /// The write that stores what `event` makes of a job that was seen.
    #[must_use]
    pub fn commit(&self, seen: &Versioned<Job>, event: JobEvent) -> Commit {
        commit(seen.version, self.step(&seen.value, event))
    }

    /// A claim under a new lease.
    #[must_use]
    pub fn claim(&self) -> (Lease, JobEvent) {
        let lease = self.ids.lease();
        let terms = Terms::default();
        (lease, JobEvent::Claimed { lease, terms })
    }

    /// A line that attempt 1 printed.
    #[must_use]
    pub fn line(&self, text: impl Into<String>) -> NewEvent {
        NewEvent {
            at: self.now(),
            attempt: 1,
            body: EventBody::Log { stream: LogStream::Stdout, line: text.into() },
        }
    }

    /// As many different lines.
    #[must_use]
    pub fn lines(&self, numbers: impl IntoIterator<Item = u64>) -> Vec<NewEvent> {
        let line = |number| self.line(format!("line {number}"));
        numbers.into_iter().map(line).collect()
    }
}

/// A write without a result.
#[must_use]
pub fn commit(seen: Version, step: Step) -> Commit {
    Commit { seen, step, result: None }
}

/// "I run", without a name.
#[must_use]
pub fn started(lease: Lease) -> JobEvent {
    JobEvent::Started { lease, launch: None }
}

/// "It worked."
#[must_use]
pub fn succeeded(lease: Lease) -> JobEvent {
    JobEvent::Finished { lease, verdict: Verdict::Succeeded }
}

/// Texts that break what quotes, counts or compares them carelessly. All differ.
#[must_use]
pub fn hostile_texts() -> Vec<String> {
    let texts = [
        "",
        " ",
        "'; DROP TABLE jobs; --",
        "\"quoted\" \\ 'single'",
        "% _ * ? [a-z]",
        "a\0b",
        "\u{1f600} \u{0301}é e\u{0301}",
        "\u{202e}right to left",
        "line\nbreak\r\n\ttab",
        "null",
        "0",
        "A",
        "a",
        "\u{feff}mark",
    ];
    let long = "x".repeat(2_000);
    texts.into_iter().map(str::to_owned).chain([long]).collect()
}
