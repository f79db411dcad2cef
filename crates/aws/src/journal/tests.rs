//! What is printed of a job's life, read as the infrastructure's metric filters read it.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use agent_runner_domain::{
    job::{Evidence, Exit, Failure, JobEvent, LaunchFailure, LaunchFailureKind, Verdict},
    ports::Tokens,
};
use agent_runner_testkit::{
    Samples,
    metric_filters::{Reading, read_all},
    sample,
};

use super::*;

/// The lines that `telling` leaves, as programs print them for machines.
fn lines(telling: impl FnOnce()) -> Vec<String> {
    let written = Written::default();
    let writer = written.clone();
    let log = tracing_subscriber::fmt().json().flatten_event(true);
    let log = log.with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(log, telling);
    let bytes = written.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One job whose steps are told as they happen.
struct Story {
    samples: Samples,
    job: Job,
}

impl Story {
    fn begin() -> Self {
        let samples = Samples::default();
        let job = samples.job_with(|spec| spec.max_attempts = 1).job;
        submitted(&job);
        Self { samples, job }
    }

    fn happens(&mut self, event: JobEvent) {
        let step = self.samples.step(&self.job, event);
        stepped(&step);
        self.job = step.job;
        self.samples.clock.advance(Duration::from_secs(40));
    }

    /// After whatever pause the last failure asked for.
    fn claimed(&mut self) -> agent_runner_domain::Lease {
        self.samples.clock.advance(Duration::from_hours(1));
        if self.job.rank().is_none() {
            self.happens(JobEvent::Woken);
        }
        let (lease, claim) = self.samples.claim();
        self.happens(claim);
        lease
    }
}

fn read(lines: &[String]) -> BTreeMap<String, Vec<Reading>> {
    read_all(&lines.join("\n"))
}

fn counts(read: &BTreeMap<String, Vec<Reading>>) -> Vec<(&str, usize)> {
    let counts = read.iter().map(|(metric, found)| (metric.as_str(), found.len()));
    counts.filter(|(_, count)| *count > 0).collect()
}

#[test]
fn a_job_that_succeeds_is_counted_once_at_each_turn() {
    let lines = lines(|| {
        let mut story = Story::begin();
        let lease = story.claimed();
        story.happens(sample::started(lease));
        story.happens(JobEvent::Heartbeat { lease });
        story.happens(sample::succeeded(lease));
    });
    let read = read(&lines);
    let once = ["JobsEnded", "JobsEndedByCause", "JobsSubmitted", "LaunchSeconds"];
    assert_eq!(counts(&read), once.map(|metric| (metric, 1)), "{lines:#?}");
    assert!((read["LaunchSeconds"][0].value - 40.0).abs() < 1e-9);
    let ended = &read["JobsEndedByCause"][0].dimensions;
    assert_eq!((ended["Status"].as_str(), ended["Cause"].as_str()), ("SUCCEEDED", "none"));
}

#[test]
fn failures_are_counted_by_what_they_came_from() {
    let refused = |kind| LaunchFailure {
        kind,
        message: "the platform said no".to_owned(),
        evidence: Evidence::default(),
    };
    let lines = lines(|| {
        let mut story = Story::begin();
        let lease = story.claimed();
        let failure = refused(LaunchFailureKind::Capacity);
        story.happens(JobEvent::LaunchFailed { lease, failure });
        let lease = story.claimed();
        let failure = refused(LaunchFailureKind::Transient);
        story.happens(JobEvent::LaunchFailed { lease, failure });
        story.claimed();
        let stop_code = Some("TaskFailedToStart".to_owned());
        let evidence = Evidence { stop_code, ..Evidence::default() };
        let attempt = story.job.attempts;
        story
            .happens(JobEvent::LaunchEnded { attempt, exit: Exit { evidence, ..Exit::default() } });
        let lease = story.claimed();
        story.happens(sample::started(lease));
        let failure = Failure::lasting(CauseKind::HandlerError, "exit code 3");
        story.happens(JobEvent::Finished { lease, verdict: Verdict::Failed(failure) });
    });
    let read = read(&lines);
    let dimension = |metric: &str, name: &str| {
        read[metric].iter().map(|found| found.dimensions[name].clone()).collect::<Vec<_>>()
    };
    let reasons = ["no_room", "not_started", "TaskFailedToStart"];
    assert_eq!(dimension("LaunchesFailedByReason", "Reason"), reasons, "{lines:#?}");
    assert_eq!(read["LaunchesFailed"].len(), 3);
    let causes = ["launch_failed", "launch_failed", "handler_error"];
    assert_eq!(dimension("AttemptsFailedByCause", "Cause"), causes);
    assert_eq!(dimension("JobsEndedByCause", "Cause"), ["handler_error"]);
    assert_eq!(read["JobsFailed"].len(), 1);
}

#[test]
fn a_cancelled_job_ends_and_has_not_failed() {
    let lines = lines(|| Story::begin().happens(JobEvent::Cancel));
    let read = read(&lines);
    assert_eq!(counts(&read), [("JobsEnded", 1), ("JobsEndedByCause", 1), ("JobsSubmitted", 1)]);
}

#[test]
fn a_retried_job_is_told_of_again_and_what_is_told_twice_changes_nothing() {
    let lines = lines(|| {
        let mut story = Story::begin();
        story.happens(JobEvent::Cancel);
        story.happens(JobEvent::Retry);
        story.happens(JobEvent::Cancel);
    });
    assert_eq!(read(&lines)["JobsEnded"].len(), 2, "{lines:#?}");
    assert_eq!(read(&lines)["AttemptsFailedByCause"].len(), 0, "no attempt was made");
}

#[test]
fn a_charge_counts_for_what_it_adds() {
    let samples = Samples::default();
    let key = CallKey { job: samples.job().job.id, attempt: 1, call: 1 };
    let dollars = |dollars| Money::from_dollars(dollars).unwrap();
    let charge = |cost| Charge { model: "m".to_owned(), cost, tokens: Tokens::default() };
    let lines = lines(|| {
        settled(key, &charge(Some(dollars(0.75))), Money::ZERO);
        settled(key, &charge(Some(dollars(0.5))), dollars(0.75));
        settled(key, &charge(None), Money::ZERO);
    });
    let spent: Vec<_> = read(&lines)["ModelSpendDollars"].iter().map(|found| found.value).collect();
    assert_eq!(spent, [0.75, -0.25, 0.0]);
}

#[test]
fn the_page_for_people_names_every_metric_and_every_line() {
    let page = include_str!("../../../../docs/observability.md");
    for metric in read_all("").keys() {
        assert!(page.contains(&format!("| `{metric}` |")), "{metric} is missing");
    }
    let events = [
        "job_submitted",
        "attempt_started",
        "attempt_failed",
        "launch_failed",
        "job_ended",
        "model_call_settled",
    ];
    for event in events {
        assert!(page.contains(&format!("| `{event}` |")), "{event} is missing");
    }
}
