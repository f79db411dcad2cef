//! Rules of `ack`, `release` and the hold.

use std::time::{Duration, Instant};

use agent_runner_domain::{
    job::Priority,
    ports::{Receipt, WorkQueue},
};

use super::subject::{LONG, Subject, jobs, set};

const HOLD: Duration = <dyn WorkQueue>::HOLD;

pub async fn a_held_job_is_nobody_elses(subject: Subject) {
    subject.offer(Priority::NORMAL).await;
    assert_eq!(subject.receive(1).await.len(), 1);
    assert_eq!(subject.receive(1).await, []);
    subject.samples.clock.advance(HOLD.mul_f64(0.99));
    assert_eq!(subject.receive(1).await, []);
}

pub async fn a_held_job_comes_back_after_the_hold(subject: Subject) {
    let ids = subject.offer_many(3, Priority::NORMAL).await;
    subject.received().await;
    subject.samples.clock.advance(HOLD);
    assert_eq!(set(subject.received().await), set(ids));
}

pub async fn a_released_job_comes_back_at_once(subject: Subject) {
    let id = subject.offer(Priority::NORMAL).await;
    let other = subject.offer(Priority::NORMAL).await;
    let receipts = subject.receive(1).await;
    assert_eq!(jobs(&receipts), [id]);
    subject.queue.release(receipts).await.unwrap();
    assert_eq!(set(subject.received().await), set([id, other]));
}

pub async fn a_release_wakes_a_waiting_receiver(subject: Subject) {
    let id = subject.offer(Priority::NORMAL).await;
    let receipts = subject.receive(1).await;
    let queue = subject.queue.clone();
    let receiver = tokio::spawn(async move { queue.receive(1, LONG).await.unwrap() });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let began = Instant::now();
    subject.queue.release(receipts).await.unwrap();
    assert_eq!(jobs(&receiver.await.unwrap()), [id]);
    assert!(began.elapsed() < LONG / 2);
}

pub async fn an_acknowledged_job_is_done_with(subject: Subject) {
    let id = subject.offer(Priority::NORMAL).await;
    let receipts = subject.receive(1).await;
    let (_, claimed) = subject.samples.claim();
    subject.drive(id, claimed).await;
    subject.queue.ack(receipts.clone()).await.unwrap();
    subject.queue.ack(receipts.clone()).await.unwrap();
    subject.queue.release(receipts).await.unwrap();
    assert_eq!(subject.receive(1).await, []);
    subject.samples.clock.advance(HOLD * 2);
    assert_eq!(subject.receive(1).await, []);
}

pub async fn an_acknowledged_job_that_is_sent_again_comes_back(subject: Subject) {
    let id = subject.offer(Priority::NORMAL).await;
    let other = subject.offer(Priority::NORMAL).await;
    let receipts = subject.receive(2).await;
    assert_eq!(jobs(&receipts), [id, other]);
    subject.queue.ack(receipts).await.unwrap();
    assert_eq!(subject.receive(1).await, []);
    subject.send_again(id).await;
    assert_eq!(jobs(&subject.receive(2).await), [id]);
}

pub async fn unknown_handles_are_ignored(subject: Subject) {
    let id = subject.offer(Priority::NORMAL).await;
    let receipts = subject.receive(1).await;
    for handle in ["", "no such handle", "18446744073709551616", "-1", "0"] {
        let unknown = || vec![Receipt { job: id, handle: handle.to_owned() }];
        subject.queue.ack(unknown()).await.unwrap();
        subject.queue.release(unknown()).await.unwrap();
    }
    let stranger = Receipt { job: subject.samples.job().job.id, handle: "77".into() };
    subject.queue.release(vec![stranger]).await.unwrap();
    assert_eq!(subject.receive(1).await, [], "the job is still held");
    subject.queue.release(receipts).await.unwrap();
    assert_eq!(jobs(&subject.receive(1).await), [id]);
}

pub async fn an_old_handle_says_nothing_about_a_new_delivery(subject: Subject) {
    let id = subject.offer(Priority::NORMAL).await;
    let old = subject.receive(1).await;
    subject.samples.clock.advance(HOLD);
    let new = subject.receive(1).await;
    assert_eq!(jobs(&new), [id]);
    subject.queue.release(old.clone()).await.unwrap();
    assert_eq!(subject.receive(1).await, []);
    subject.queue.ack(old).await.unwrap();
    subject.samples.clock.advance(HOLD);
    assert_eq!(jobs(&subject.receive(1).await), [id]);
}

/// Or a clock that ran ahead for a moment would hide jobs for as long as it was ahead.
pub async fn holds_end_when_the_clock_is_set_back(subject: Subject) {
    let now = subject.samples.now();
    let id = subject.offer(Priority::NORMAL).await;
    subject.samples.clock.advance(Duration::from_hours(24));
    assert_eq!(jobs(&subject.receive(1).await), [id]);
    subject.samples.clock.set(now);
    subject.receive(1).await;
    subject.samples.clock.advance(HOLD);
    assert_eq!(jobs(&subject.receive(1).await), [id]);
}
