//! Rules of `stop` and `observe`.

use std::time::{Duration, Instant};

use agent_runner_domain::job::LaunchView;

use super::{
    Behaviour, Subject,
    subject::{SHORT, end, view},
};

pub async fn a_stopped_launch_ends(subject: Subject) {
    let (key, launch) = subject.launch(Behaviour::Runs).await;
    assert_eq!(view(&*subject.launcher, key, launch.as_ref()).await, LaunchView::Running);
    let begin = Instant::now();
    let grace = Duration::from_secs(30);
    let seen = subject.launcher.stop(key, launch.as_ref(), grace).await.unwrap();
    assert_eq!(seen, LaunchView::Running, "nothing is waited for");
    end(&*subject.launcher, key).await;
    assert!(begin.elapsed() < grace, "it was told to end, not killed");
}

pub async fn a_launch_that_does_not_listen_is_killed(subject: Subject) {
    let (key, launch) = subject.launch(Behaviour::IsDeaf).await;
    subject.workers.at_work(key).await;
    let begin = Instant::now();
    subject.launcher.stop(key, launch.as_ref(), SHORT).await.unwrap();
    end(&*subject.launcher, key).await;
    assert!(begin.elapsed() >= SHORT, "it had its grace");
}

pub async fn a_repeated_stop_changes_nothing(subject: Subject) {
    let (key, launch) = subject.launch(Behaviour::Runs).await;
    for _ in 0..3 {
        subject.launcher.stop(key, launch.as_ref(), SHORT).await.unwrap();
    }
    end(&*subject.launcher, key).await;
    let seen = subject.launcher.stop(key, launch.as_ref(), SHORT).await.unwrap();
    assert!(matches!(seen, LaunchView::Gone(_)), "{seen:?}");
    assert!(subject.launcher.ended(SHORT).await.unwrap().is_empty());
}

pub async fn what_is_gone_is_said_to_be_gone(subject: Subject) {
    let (key, launch) = subject.launch(Behaviour::Fails).await;
    let ended = end(&*subject.launcher, key).await;
    let gone = LaunchView::Gone(ended.exit);
    assert_eq!(view(&*subject.launcher, key, launch.as_ref()).await, gone);
    assert_eq!(view(&*subject.launcher, key, None).await, gone);
    // Whoever knows nothing but the name can say as much as that.
    let seen = view(&*subject.again, key, launch.as_ref()).await;
    assert!(!matches!(seen, LaunchView::Running), "{seen:?}");
}

pub async fn views_come_in_the_order_of_the_launches(subject: Subject) {
    let (over, first) = subject.launch(Behaviour::Ends).await;
    end(&*subject.launcher, over).await;
    let (running, second) = subject.launch(Behaviour::Runs).await;
    let launches = [(running, second.clone()), (over, first), (running, second)];
    let views = subject.launcher.observe(&launches).await.unwrap();
    assert_eq!((&views[0], &views[2]), (&LaunchView::Running, &LaunchView::Running));
    assert!(matches!(views[1], LaunchView::Gone(_)));
    subject.launcher.stop(running, None, SHORT).await.unwrap();
}
