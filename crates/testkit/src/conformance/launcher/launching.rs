//! Rules of `launch`, `free_slots` and `ended`.

use std::time::{Duration, Instant};

use agent_runner_domain::{
    job::{LaunchFailureKind, LaunchView},
    ports::RunningLaunch,
};

use super::{
    Behaviour, Subject,
    subject::{SHORT, end, view},
};

pub async fn a_launch_runs_and_its_end_is_told(subject: Subject) {
    let (key, _) = subject.launch(Behaviour::Ends).await;
    let ended = end(&*subject.launcher, key).await;
    assert_eq!(ended.exit.evidence.exit_code, Some(0));
    assert_eq!(subject.launcher.running().await.unwrap(), []);
}

pub async fn how_it_ended_is_evidence(subject: Subject) {
    let (key, _) = subject.launch(Behaviour::Fails).await;
    let exit = end(&*subject.launcher, key).await.exit;
    let code = subject.workers.failure();
    assert_eq!((exit.evidence.exit_code, exit.evidence.signal), (Some(code), None));
    assert!(!exit.out_of_memory && !exit.interrupted);
}

pub async fn a_key_is_launched_once(subject: Subject) {
    let order = subject.order(Behaviour::Runs).await;
    let twice = subject.launcher.launch(vec![order.clone(), order.clone()]).await;
    let again = subject.launcher.launch(vec![order.clone()]).await.remove(0).unwrap();
    assert!(twice.iter().all(|answer| answer.as_ref() == Ok(&again)), "{twice:?} {again:?}");
    assert_eq!(subject.launcher.running().await.unwrap().len(), 1);
    subject.launcher.stop(order.key, again.as_ref(), SHORT).await.unwrap();
    end(&*subject.launcher, order.key).await;
    assert!(subject.launcher.ended(SHORT).await.unwrap().is_empty());
}

pub async fn a_key_is_launched_once_even_after_its_end(subject: Subject) {
    let order = subject.order(Behaviour::Ends).await;
    let first = subject.launcher.launch(vec![order.clone()]).await.remove(0);
    end(&*subject.launcher, order.key).await;
    assert_eq!(subject.launcher.launch(vec![order]).await.remove(0), first);
    assert_eq!(subject.launcher.running().await.unwrap(), []);
    assert!(subject.launcher.ended(SHORT).await.unwrap().is_empty());
}

pub async fn answers_come_in_the_order_of_the_orders(subject: Subject) {
    let orders = vec![subject.order(Behaviour::Runs).await, subject.order(Behaviour::Runs).await];
    let answers = subject.launcher.launch(orders.clone()).await;
    let running = subject.launcher.running().await.unwrap();
    for (order, answer) in orders.iter().zip(answers) {
        if let Some(launch) = answer.unwrap() {
            assert!(running.contains(&RunningLaunch { key: order.key, launch }));
        }
        subject.launcher.stop(order.key, None, SHORT).await.unwrap();
        end(&*subject.launcher, order.key).await;
    }
}

pub async fn what_does_not_fit_is_refused_for_want_of_room(subject: Subject) {
    assert_eq!(subject.launcher.free_slots(Duration::ZERO).await, 2);
    let mut orders = Vec::new();
    for _ in 0..3 {
        orders.push(subject.order(Behaviour::Runs).await);
    }
    let answers = subject.launcher.launch(orders.clone()).await;
    assert!(answers[0].is_ok() && answers[1].is_ok());
    assert_eq!(answers[2].as_ref().unwrap_err().kind, LaunchFailureKind::Capacity);
    assert_eq!(subject.launcher.free_slots(Duration::ZERO).await, 0);
    let seen = view(&*subject.launcher, orders[2].key, None).await;
    assert!(!matches!(seen, LaunchView::Running));
    for order in &orders[..2] {
        subject.launcher.stop(order.key, None, SHORT).await.unwrap();
    }
}

pub async fn a_freed_slot_is_told(subject: Subject) {
    let (first, _) = subject.launch(Behaviour::Runs).await;
    let (second, _) = subject.launch(Behaviour::Runs).await;
    subject.launcher.stop(first, None, SHORT).await.unwrap();
    assert_eq!(subject.launcher.free_slots(Duration::from_secs(20)).await, 1);
    subject.launcher.stop(second, None, SHORT).await.unwrap();
}

pub async fn nothing_waits_longer_than_it_says(subject: Subject) {
    let launches = [subject.launch(Behaviour::Runs).await, subject.launch(Behaviour::Runs).await];
    let begin = Instant::now();
    assert_eq!(subject.launcher.free_slots(SHORT).await, 0);
    assert!(subject.launcher.ended(SHORT).await.unwrap().is_empty());
    assert!(begin.elapsed() >= SHORT * 2 && begin.elapsed() < SHORT * 10);
    for (key, launch) in launches {
        subject.launcher.stop(key, launch.as_ref(), SHORT).await.unwrap();
    }
}
