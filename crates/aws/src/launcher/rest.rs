//! A rest while there is no room anywhere: a job that is claimed only to be put back costs writes, so few are.

use std::{
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use tokio::time::Instant;

const FIRST: Duration = Duration::from_secs(1);
const MAX: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(super) struct Rest(Mutex<Option<Pause>>);

#[derive(Clone, Copy)]
struct Pause {
    length: Duration,
    until: Instant,
}

impl Rest {
    /// A launch found no room. Those that were under way with it add nothing.
    pub(super) fn no_room(&self) {
        let mut pause = self.pause();
        let now = Instant::now();
        let length = match *pause {
            Some(pause) if now < pause.until => return,
            Some(pause) => (pause.length * 2).min(MAX),
            None => FIRST,
        };
        *pause = Some(Pause { length, until: now + length });
    }

    pub(super) fn room(&self) {
        *self.pause() = None;
    }

    /// Until when nothing should be tried.
    pub(super) fn until(&self) -> Option<Instant> {
        self.pause().map(|pause| pause.until).filter(|until| *until > Instant::now())
    }

    /// How many launches should be tried at once: a single one, until it is known that there is room again.
    pub(super) fn tries(&self) -> usize {
        if self.pause().is_some() { 1 } else { usize::MAX }
    }

    fn pause(&self) -> MutexGuard<'_, Option<Pause>> {
        self.0.lock().expect("nothing panics while it is held")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn failure_mode_08_without_room_one_is_tried_ever_more_seldom_until_there_is_some() {
        let rest = Rest::default();
        assert_eq!((rest.until(), rest.tries()), (None, usize::MAX));
        let (begin, mut tried) = (Instant::now(), 0);
        while begin.elapsed() < Duration::from_hours(1) {
            if let Some(until) = rest.until() {
                tokio::time::sleep_until(until).await;
            }
            assert!(tried == 0 || rest.tries() == 1);
            rest.no_room();
            rest.no_room();
            tried += 1;
        }
        assert!((100..140).contains(&tried), "{tried} in an hour");
        rest.room();
        assert_eq!((rest.until(), rest.tries()), (None, usize::MAX));
    }
}
