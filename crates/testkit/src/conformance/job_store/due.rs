//! Rules of `due` and `next_due`.

use std::time::Duration;

use agent_runner_domain::{
    Timestamp,
    job::{JobEvent, JobSpec},
};

use super::steps::{ALL, Store, claim, drive, finish, insert, load};
use crate::Samples;

const HOUR: Duration = Duration::from_hours(1);

fn delayed(samples: &Samples, hours: u32) -> agent_runner_domain::ports::NewJob {
    samples.job_at(samples.now().plus(HOUR * hours), JobSpec::of_type("echo"))
}

pub async fn the_most_overdue_comes_first(store: Store) {
    let samples = Samples::default();
    let jobs: Vec<_> = [3, 1, 2].map(|hours| delayed(&samples, hours)).into();
    let ids: Vec<_> = [1, 2, 0].map(|index: usize| jobs[index].job.id).into();
    store.insert(jobs).await.unwrap();
    let due = store.due(Timestamp::MAX, ALL).await.unwrap();
    assert_eq!(due.iter().map(|due| due.value.id).collect::<Vec<_>>(), ids);
    assert_eq!(due[0], load(&store, ids[0]).await);
}

pub async fn a_job_is_due_at_its_time_and_not_before(store: Store) {
    let samples = Samples::default();
    let job = insert(&store, delayed(&samples, 1)).await;
    let at = job.value.wake_at().unwrap();
    let before = Timestamp::from_millis(at.as_millis() - 1);
    assert_eq!(store.due(before, ALL).await.unwrap(), []);
    assert_eq!(store.due(at, ALL).await.unwrap(), [job]);
}

pub async fn what_is_due_is_bounded(store: Store) {
    let samples = Samples::default();
    store.insert((1..=5).map(|hours| delayed(&samples, hours)).collect()).await.unwrap();
    let due = store.due(Timestamp::MAX, 3).await.unwrap();
    let all = store.due(Timestamp::MAX, ALL).await.unwrap();
    assert_eq!(due, all[..3]);
}

pub async fn a_step_moves_the_time(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, delayed(&samples, 1)).await.value.id;
    let at = load(&store, id).await.value.wake_at().unwrap();
    samples.clock.set(at);
    let woken = drive(&store, &samples, id, JobEvent::Woken).await;
    assert_eq!(store.due(at, ALL).await.unwrap(), []);
    let later = woken.value.wake_at().unwrap();
    assert_eq!(store.due(later, ALL).await.unwrap(), [woken]);
    assert_eq!(store.next_due().await.unwrap(), Some(later));
}

pub async fn a_final_job_without_chores_is_never_due(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    finish(&store, &samples, id).await;
    assert_eq!(store.due(Timestamp::MAX, ALL).await.unwrap(), []);
    assert_eq!(store.next_due().await.unwrap(), None);
}

pub async fn the_next_time_is_the_earliest_of_all(store: Store) {
    let samples = Samples::default();
    assert_eq!(store.next_due().await.unwrap(), None);
    let soon = insert(&store, delayed(&samples, 2)).await;
    insert(&store, delayed(&samples, 3)).await;
    assert_eq!(store.next_due().await.unwrap(), soon.value.wake_at());
    let sooner = insert(&store, samples.job()).await.value.id;
    claim(&store, &samples, sooner).await;
    let earliest = load(&store, sooner).await.value.wake_at();
    assert_eq!(store.next_due().await.unwrap(), earliest);
}
