//! Who comes first.

use std::time::Duration;

use agent_runner_domain::{
    JobId,
    job::{JobEvent, Priority},
};

use super::subject::{Subject, jobs, set};

pub async fn higher_priorities_come_first(subject: Subject) {
    let low = subject.offer(Priority::LOW).await;
    let normal = subject.offer(Priority::NORMAL).await;
    let high = subject.offer(Priority::HIGH).await;
    assert_eq!(subject.received().await, [high, normal, low]);
}

pub async fn the_oldest_comes_first_within_a_priority(subject: Subject) {
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(subject.offer(Priority::NORMAL).await);
        subject.samples.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(subject.received().await, ids);
}

/// Also when the line has been walked beyond its place.
pub async fn a_late_job_of_higher_priority_overtakes(subject: Subject) {
    let ids = subject.offer_many(4, Priority::NORMAL).await;
    assert_eq!(jobs(&subject.receive(2).await), ids[..2]);
    let low = subject.offer(Priority::LOW).await;
    let high = subject.offer(Priority::HIGH).await;
    assert_eq!(subject.received().await, [high, ids[2], ids[3], low]);
}

pub async fn a_job_that_is_moved_in_line_comes_at_its_new_place(subject: Subject) {
    let ids = subject.offer_many(4, Priority::NORMAL).await;
    assert_eq!(jobs(&subject.receive(1).await), ids[..1]);
    subject.drive(ids[3], JobEvent::SetPriority(Priority::HIGH)).await;
    assert_eq!(jobs(&subject.receive(1).await), ids[3..]);
    let rest = set(subject.received().await);
    assert!(rest.is_superset(&set(ids[1..3].iter().copied())));
}

pub async fn thousands_of_held_jobs_do_not_hide_the_next(subject: Subject) {
    const MANY: usize = 3_000;
    subject.offer_many(MANY, Priority::NORMAL).await;
    let mut held = 0;
    while held < MANY {
        let receipts = subject.receive(500).await;
        assert!(!receipts.is_empty());
        held += receipts.len();
    }
    assert_eq!(subject.receive(1).await, []);
    let low = subject.offer(Priority::LOW).await;
    let high = subject.offer(Priority::HIGH).await;
    assert_eq!(subject.received().await, [high, low]);
}

pub async fn thousands_that_come_back_come_in_order(subject: Subject) {
    const MANY: usize = 5_000;
    let mut ids: Vec<JobId> = Vec::new();
    for _ in 0..5 {
        ids.extend(subject.offer_many(MANY / 5, Priority::NORMAL).await);
        subject.samples.clock.advance(Duration::from_millis(1));
    }
    let receipts = receive_all(&subject, MANY).await;
    subject.queue.release(receipts).await.unwrap();
    assert_eq!(jobs(&receive_all(&subject, MANY).await), ids);
}

async fn receive_all(subject: &Subject, count: usize) -> Vec<agent_runner_domain::ports::Receipt> {
    let mut receipts = Vec::new();
    while receipts.len() < count {
        let more = subject.receive(700).await;
        assert!(!more.is_empty(), "{} of {count} came", receipts.len());
        receipts.extend(more);
    }
    receipts
}
