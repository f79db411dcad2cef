//! Rules of `record_step` and `steps`.

use agent_runner_domain::{
    JobId, Lease, RawJson,
    job::{CauseKind, Exit, Failure, JobEvent, Verdict},
    ports::Appended,
};
use serde_json::json;

use super::steps::{Store, claim, drive, finish, insert, load, run};
use crate::{Samples, sample::hostile_texts};

async fn record(store: &Store, id: JobId, lease: Lease, key: &str, value: &str) -> Appended {
    let value = RawJson::parse(value.to_owned()).unwrap();
    store.record_step(id, lease, key, value).await.unwrap()
}

/// The keys and values of all steps.
async fn recorded(store: &Store, id: JobId) -> Vec<(String, String)> {
    let steps = store.steps(id).await.unwrap();
    steps.into_iter().map(|(key, value)| (key, value.get().to_owned())).collect()
}

fn steps<const N: usize>(expected: [(&str, &str); N]) -> Vec<(String, String)> {
    expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

pub async fn steps_come_in_the_order_of_recording(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let lease = run(&store, &samples, id).await;
    let expected = [("plan", "[1]"), ("b", "null"), ("a", "{}"), ("c", "\"x\"")];
    for (key, value) in expected {
        assert_eq!(record(&store, id, lease, key, value).await, Appended::Stored);
    }
    assert_eq!(recorded(&store, id).await, steps(expected));
}

pub async fn the_first_value_of_a_key_stays(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let lease = run(&store, &samples, id).await;
    for (key, value) in [("a", "1"), ("b", "2"), ("a", "1"), ("a", "3"), ("b", "null")] {
        assert_eq!(record(&store, id, lease, key, value).await, Appended::Stored);
    }
    assert_eq!(recorded(&store, id).await, steps([("a", "1"), ("b", "2")]));
}

pub async fn recording_needs_the_lease(store: Store) {
    let samples = Samples::default();
    let unknown = samples.job().job.id;
    let queued = insert(&store, samples.job()).await.value.id;
    let claimed = insert(&store, samples.job()).await.value.id;
    let lease = claim(&store, &samples, claimed).await;
    for (id, lease) in [(unknown, lease), (queued, lease), (claimed, samples.claim().0)] {
        assert_eq!(record(&store, id, lease, "a", "1").await, Appended::LeaseLost);
        assert_eq!(recorded(&store, id).await, []);
    }
    assert_eq!(record(&store, claimed, lease, "a", "1").await, Appended::Stored);
    let ended = finish(&store, &samples, queued).await.value;
    let old = ended.history[0].lease;
    assert_eq!(record(&store, queued, old, "a", "1").await, Appended::LeaseLost);
}

pub async fn steps_survive_the_attempt(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let old = run(&store, &samples, id).await;
    record(&store, id, old, "a", "1").await;
    let attempt = load(&store, id).await.value.attempts;
    let ended = JobEvent::LaunchEnded { attempt, exit: Exit::default() };
    let lost = drive(&store, &samples, id, ended).await;
    assert_eq!(record(&store, id, old, "b", "2").await, Appended::LeaseLost);
    samples.clock.set(lost.value.wake_at().unwrap());
    drive(&store, &samples, id, JobEvent::Woken).await;
    let new = run(&store, &samples, id).await;
    assert_eq!(record(&store, id, old, "b", "2").await, Appended::LeaseLost);
    assert_eq!(record(&store, id, new, "a", "3").await, Appended::Stored);
    assert_eq!(record(&store, id, new, "c", "4").await, Appended::Stored);
    assert_eq!(recorded(&store, id).await, steps([("a", "1"), ("c", "4")]));
}

pub async fn steps_survive_the_end_and_a_retry(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let lease = run(&store, &samples, id).await;
    record(&store, id, lease, "a", "1").await;
    let verdict = Verdict::Failed(Failure::lasting(CauseKind::HandlerError, "no"));
    drive(&store, &samples, id, JobEvent::Finished { lease, verdict }).await;
    assert_eq!(recorded(&store, id).await, steps([("a", "1")]));
    drive(&store, &samples, id, JobEvent::Retry).await;
    let lease = run(&store, &samples, id).await;
    record(&store, id, lease, "b", "2").await;
    assert_eq!(recorded(&store, id).await, steps([("a", "1"), ("b", "2")]));
}

/// Else a busy worker would make every step of the state machine stale.
pub async fn recording_does_not_change_the_job(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let lease = run(&store, &samples, id).await;
    let before = load(&store, id).await;
    record(&store, id, lease, "a", "1").await;
    assert_eq!(load(&store, id).await, before);
    let answers = store.commit(vec![samples.commit(&before, JobEvent::Cancel)]).await;
    assert!(answers[0].is_ok());
}

pub async fn steps_of_different_jobs_never_meet(store: Store) {
    let samples = Samples::default();
    let one = insert(&store, samples.job()).await.value.id;
    let two = insert(&store, samples.job()).await.value.id;
    for (id, value) in [(one, "1"), (two, "2")] {
        let lease = run(&store, &samples, id).await;
        record(&store, id, lease, "a", value).await;
    }
    assert_eq!(recorded(&store, one).await, steps([("a", "1")]));
    assert_eq!(recorded(&store, two).await, steps([("a", "2")]));
    assert_eq!(recorded(&store, samples.job().job.id).await, []);
}

pub async fn a_step_of_eight_megabytes_comes_back(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let lease = run(&store, &samples, id).await;
    let value = format!("\"{}\"", "x".repeat((8 << 20) - 2));
    record(&store, id, lease, "large", &value).await;
    assert!(recorded(&store, id).await == [("large".to_owned(), value)]);
}

pub async fn steps_come_back_byte_for_byte(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let lease = run(&store, &samples, id).await;
    let odd = r#"{"b" : 1.0,  "a":1e2, "n":12345678901234567890123, "u":"\u00e9é", "b":2}"#;
    record(&store, id, lease, "odd", odd).await;
    assert_eq!(recorded(&store, id).await, steps([("odd", odd)]));
}

pub async fn hostile_keys_are_told_apart(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let lease = run(&store, &samples, id).await;
    let longest = ["x".repeat(200), format!("{}y", "x".repeat(199))];
    let keys = hostile_texts().into_iter().filter(|text| (1..=200).contains(&text.len()));
    let keys: Vec<_> = keys.chain(longest).collect();
    for key in &keys {
        let value = RawJson::from(&json!({"of": key}));
        assert_eq!(store.record_step(id, lease, key, value).await.unwrap(), Appended::Stored);
    }
    let expected: Vec<_> =
        keys.into_iter().map(|key| (key.clone(), json!({"of": key}).to_string())).collect();
    assert_eq!(recorded(&store, id).await, expected);
}

pub async fn a_race_for_a_step_has_one_winner(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let lease = run(&store, &samples, id).await;
    let racer = |number: u32| {
        let store = store.clone();
        tokio::spawn(async move {
            record(&store, id, lease, "shared", &number.to_string()).await;
            let seen = recorded(&store, id).await;
            let (_, value) = seen.into_iter().find(|(key, _)| key == "shared").unwrap();
            assert_eq!(
                record(&store, id, lease, &format!("own {number}"), "0").await,
                Appended::Stored
            );
            value
        })
    };
    let racing: Vec<_> = (0..16).map(racer).collect();
    let mut seen = Vec::new();
    for racer in racing {
        seen.push(racer.await.unwrap());
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(recorded(&store, id).await.len(), 17);
}
