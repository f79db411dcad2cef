//! Rules of `adopt`: an orchestrator may be replaced while its workers run.

use std::time::Duration;

use agent_runner_domain::{
    job::LaunchView,
    ports::{Launcher, RunningLaunch},
};

use super::{
    Behaviour, Subject,
    subject::{SHORT, end},
};

/// A launch of the first launcher that the second has adopted.
async fn adopted(subject: &Subject) -> RunningLaunch {
    let (key, launch) = subject.launch(Behaviour::Runs).await;
    let launch = launch.expect("a launcher whose launches are adopted names them at once");
    let running = RunningLaunch { key, launch };
    subject.again.adopt(vec![running.clone()]).await.unwrap();
    running
}

async fn stop(launcher: &dyn Launcher, launch: &RunningLaunch) -> LaunchView {
    launcher.stop(launch.key, Some(&launch.launch), SHORT).await.unwrap()
}

pub async fn an_adopted_launch_takes_a_slot_and_its_end_is_told(subject: Subject) {
    let launch = adopted(&subject).await;
    assert_eq!(subject.again.free_slots(Duration::ZERO).await, 1);
    assert_eq!(subject.again.running().await.unwrap(), std::slice::from_ref(&launch));
    stop(&*subject.launcher, &launch).await;
    end(&*subject.again, launch.key).await;
    assert_eq!(subject.again.free_slots(Duration::ZERO).await, 2);
}

pub async fn an_adopted_launch_can_be_stopped(subject: Subject) {
    let launch = adopted(&subject).await;
    assert_eq!(stop(&*subject.again, &launch).await, LaunchView::Running);
    end(&*subject.again, launch.key).await;
    assert!(matches!(stop(&*subject.again, &launch).await, LaunchView::Gone(_)));
}

pub async fn a_launch_that_ended_before_its_adoption_is_told(subject: Subject) {
    let (key, launch) = subject.launch(Behaviour::Ends).await;
    end(&*subject.launcher, key).await;
    let running = RunningLaunch { key, launch: launch.expect("it names its launches") };
    subject.again.adopt(vec![running]).await.unwrap();
    end(&*subject.again, key).await;
}
