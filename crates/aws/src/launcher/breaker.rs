//! Families of task definitions that cannot be launched until somebody mends something.
//!
//! Every try at such a family costs a launch, so all but one in a while are held back; their jobs stay in line.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use tokio::time::Instant;

const PAUSE_FIRST: Duration = Duration::from_mins(1);
const PAUSE_MAX: Duration = Duration::from_mins(30);

#[derive(Default)]
pub(super) struct Breaker(Mutex<HashMap<String, Broken>>);

struct Broken {
    pause: Duration,
    next_try: Instant,
    reason: String,
}

impl Breaker {
    /// Why nothing of this family is launched now. When its pause is over, one caller is let through.
    pub(super) fn held_back(&self, family: &str) -> Option<String> {
        let mut families = self.families();
        let broken = families.get_mut(family)?;
        let now = Instant::now();
        if now >= broken.next_try {
            broken.next_try = now + broken.pause;
            return None;
        }
        let left = broken.next_try - now;
        Some(format!(
            "launches of {family} are held back for {} s because the last one failed for good: {}",
            left.as_secs() + 1,
            broken.reason
        ))
    }

    pub(super) fn failed(&self, family: &str, reason: &str) {
        let mut families = self.families();
        let pause =
            families.get(family).map_or(PAUSE_FIRST, |broken| (broken.pause * 2).min(PAUSE_MAX));
        tracing::error!(task.family = family, reason, "Tasks of this family cannot be launched");
        let (next_try, reason) = (Instant::now() + pause, reason.to_owned());
        families.insert(family.to_owned(), Broken { pause, next_try, reason });
    }

    /// A worker of this family runs, or did.
    pub(super) fn works(&self, family: &str) {
        self.families().remove(family);
    }

    fn families(&self) -> MutexGuard<'_, HashMap<String, Broken>> {
        self.0.lock().expect("nothing panics while it is held")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn failure_mode_09_a_lasting_failure_is_tried_again_ever_more_seldom() {
        let breaker = Breaker::default();
        assert_eq!(breaker.held_back("small"), None);
        let mut launches = 0;
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_hours(24) {
            if breaker.held_back("small").is_none() {
                launches += 1;
                breaker.failed("small", "no image");
            }
            tokio::time::advance(Duration::from_secs(10)).await;
        }
        assert!(launches < 60, "{launches} launches were paid for");
        assert!(breaker.held_back("small").unwrap().contains("no image"));
        assert_eq!(breaker.held_back("large"), None, "others are not held back");
        breaker.works("small");
        assert_eq!(breaker.held_back("small"), None);
    }

    #[tokio::test(start_paused = true)]
    async fn one_is_let_through_when_the_pause_is_over() {
        let breaker = Breaker::default();
        breaker.failed("small", "no image");
        tokio::time::advance(PAUSE_FIRST).await;
        assert_eq!(breaker.held_back("small"), None);
        assert!(breaker.held_back("small").is_some(), "only one");
    }
}
