//! Rules of `send` and `receive`.

use std::time::{Duration, Instant};

use agent_runner_domain::job::{Evidence, JobEvent, LaunchFailure, LaunchFailureKind, Priority};

use super::subject::{LONG, Subject, jobs, set};

const SHORT: Duration = Duration::from_millis(100);

pub async fn a_sent_job_is_received(subject: Subject) {
    let id = subject.offer(Priority::NORMAL).await;
    assert_eq!(jobs(&subject.receive(10).await), [id]);
}

pub async fn nothing_is_answered_at_once_where_nobody_waits(subject: Subject) {
    let began = Instant::now();
    assert_eq!(subject.receive(10).await, []);
    assert!(began.elapsed() < LONG);
}

pub async fn nothing_is_answered_after_the_wait(subject: Subject) {
    let began = Instant::now();
    assert_eq!(subject.queue.receive(10, SHORT).await.unwrap(), []);
    let waited = began.elapsed();
    assert!((SHORT..LONG).contains(&waited), "waited {waited:?}");
}

pub async fn a_waiting_receiver_is_woken(subject: Subject) {
    let receiver = waiting(&subject);
    tokio::time::sleep(SHORT).await;
    let began = Instant::now();
    let id = subject.offer(Priority::NORMAL).await;
    assert_eq!(jobs(&receiver.await.unwrap()), [id]);
    assert!(began.elapsed() < LONG / 2);
}

pub async fn every_waiting_receiver_is_woken(subject: Subject) {
    let receivers = [waiting(&subject), waiting(&subject), waiting(&subject)];
    tokio::time::sleep(SHORT).await;
    let began = Instant::now();
    let offered = subject.offer_many(3, Priority::NORMAL).await;
    let mut received = Vec::new();
    for receiver in receivers {
        received.extend(jobs(&receiver.await.unwrap()));
    }
    assert_eq!((received.len(), set(received)), (3, set(offered)));
    assert!(began.elapsed() < LONG / 2);
}

fn waiting(subject: &Subject) -> tokio::task::JoinHandle<Vec<agent_runner_domain::ports::Receipt>> {
    let queue = subject.queue.clone();
    tokio::spawn(async move { queue.receive(1, LONG).await.unwrap() })
}

pub async fn no_more_is_received_than_was_asked_for(subject: Subject) {
    let offered = subject.offer_many(5, Priority::NORMAL).await;
    assert_eq!(subject.receive(0).await, []);
    let first = subject.receive(3).await;
    assert!((1..=3).contains(&first.len()));
    let rest = subject.received().await;
    assert_eq!(set(jobs(&first).into_iter().chain(rest)), set(offered));
}

pub async fn sending_and_acknowledging_nothing_is_fine(subject: Subject) {
    subject.queue.send(Vec::new()).await.unwrap();
    subject.queue.ack(Vec::new()).await.unwrap();
    subject.queue.release(Vec::new()).await.unwrap();
}

pub async fn a_job_sent_twice_is_received(subject: Subject) {
    let id = subject.offer(Priority::NORMAL).await;
    subject.send_again(id).await;
    let received = subject.received().await;
    assert!((1..=2).contains(&received.len()));
    assert_eq!(set(received), set([id]));
}

pub async fn concurrent_receivers_share_the_jobs(subject: Subject) {
    let receivers: Vec<_> = (0..4)
        .map(|_| {
            let subject = subject.clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let receipts = subject.queue.receive(7, SHORT * 5).await.unwrap();
                    if receipts.is_empty() {
                        return mine;
                    }
                    mine.extend(jobs(&receipts));
                }
            })
        })
        .collect();
    let mut offered = Vec::new();
    for _ in 0..20 {
        offered.extend(subject.offer_many(10, Priority::NORMAL).await);
    }
    let mut received = Vec::new();
    for receiver in receivers {
        received.extend(receiver.await.unwrap());
    }
    assert_eq!((received.len(), set(received)), (200, set(offered)));
}

pub async fn a_receiver_that_goes_away_takes_nothing_along(subject: Subject) {
    for _ in 0..5 {
        let receiver = waiting(&subject);
        tokio::time::sleep(SHORT / 10).await;
        receiver.abort();
        assert!(receiver.await.is_err());
    }
    let id = subject.offer(Priority::NORMAL).await;
    assert_eq!(jobs(&subject.receive(10).await), [id]);
}

pub async fn a_job_that_becomes_ready_again_is_received_again(subject: Subject) {
    let id = subject.offer(Priority::NORMAL).await;
    let others = subject.offer_many(3, Priority::NORMAL).await;
    let receipts = subject.receive(1).await;
    assert_eq!(jobs(&receipts), [id]);
    let (lease, claimed) = subject.samples.claim();
    subject.drive(id, claimed).await;
    subject.queue.ack(receipts).await.unwrap();
    assert_eq!(set(subject.received().await), set(others));
    let failure = LaunchFailure {
        kind: LaunchFailureKind::Capacity,
        message: "no room".into(),
        evidence: Evidence::default(),
    };
    subject.drive(id, JobEvent::LaunchFailed { lease, failure }).await;
    assert_eq!(subject.receive(1).await, [], "it waits for its time");
    let at = subject.load(id).await.value.wake_at().unwrap();
    subject.samples.clock.set(at);
    subject.drive(id, JobEvent::Woken).await;
    assert_eq!(jobs(&subject.receive(1).await), [id]);
}
