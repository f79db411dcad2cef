//! Logs that outgrow the job's own item.

use agent_runner_domain::{event::StoredEvent, job::JobEvent, ports::Appended};
use agent_runner_testkit::Samples;

use super::{ALL, insert, run, store};

fn assert_gap_free(log: &[StoredEvent], count: usize) {
    assert!(log.iter().map(|event| event.seq).eq(1..=u64::try_from(count).unwrap()));
}

#[tokio::test]
async fn a_long_log_is_read_from_any_number_on() {
    let (store, _site) = store().await;
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await;
    let lease = run(&store, &samples, id).await;
    let lines = samples.lines(1..=2_000);
    for (first, batch) in (1..).step_by(37).zip(lines.chunks(37)) {
        let answer = store.append_events(id, lease, first, batch.to_vec()).await.unwrap();
        assert_eq!(answer, Appended::Stored);
        if first % 5 == 0 {
            let seen = store.load(id).await.unwrap().unwrap();
            let beat = samples.commit(&seen, JobEvent::Heartbeat { lease });
            assert!(store.commit(vec![beat]).await[0].is_ok());
        }
    }
    let log = store.events(id, 0, ALL).await.unwrap();
    assert_gap_free(&log, 2_003);
    let stored: Vec<_> = log[3..].iter().map(|event| event.event.clone()).collect();
    assert_eq!(stored, lines);
    for after in (0_usize..2_010).step_by(61) {
        let rest = &log[after.min(log.len())..];
        let page = store.events(id, u64::try_from(after).unwrap(), 100).await.unwrap();
        assert_eq!(page, rest[..rest.len().min(100)]);
    }
}

#[tokio::test]
async fn a_batch_that_is_too_large_for_an_item_is_an_object() {
    let (store, _site) = store().await;
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await;
    let lease = run(&store, &samples, id).await;
    let mut sent = samples.lines(1..=3);
    sent.push(samples.line("x".repeat(600_000)));
    sent.extend(samples.lines(5..=500));
    let (first, second) = sent.split_at(300);
    store.append_events(id, lease, 1, first.to_vec()).await.unwrap();
    // What overlaps is cut off before the batch is stored as another object.
    store.append_events(id, lease, 201, sent[200..].to_vec()).await.unwrap();
    let log = store.events(id, 0, ALL).await.unwrap();
    assert_gap_free(&log, 503);
    let stored: Vec<_> = log[3..].iter().map(|event| event.event.clone()).collect();
    assert_eq!(stored, sent);
    assert_eq!(store.events(id, 303, ALL).await.unwrap().len(), second.len());
}

/// A step's log and a worker's events, each writing where the other fills.
#[tokio::test]
async fn steps_and_appends_make_room_at_the_same_time() {
    let (store, _site) = store().await;
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await;
    let lease = run(&store, &samples, id).await;
    let appending = tokio::spawn({
        let (store, samples) = (store.clone(), samples.clone());
        async move {
            for number in 1..=200 {
                let line = samples.line("x".repeat(500));
                store.append_events(id, lease, number, vec![line]).await.unwrap();
            }
        }
    });
    let mut stored = 0;
    for _ in 0..60 {
        let seen = store.load(id).await.unwrap().unwrap();
        let mut beat = samples.commit(&seen, JobEvent::Heartbeat { lease });
        beat.step.log = vec![samples.line("y".repeat(500))];
        stored += usize::from(store.commit(vec![beat]).await[0].is_ok());
    }
    appending.await.unwrap();
    assert_eq!(stored, 60);
    assert_gap_free(&store.events(id, 0, ALL).await.unwrap(), 3 + 200 + 60);
}
