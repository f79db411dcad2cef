//! How ends are learnt: by events, and by looking at what no event has told.

use std::{
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use agent_runner_domain::{
    job::LaunchRef,
    ports::{Ended, LaunchKey, LauncherError},
};
use tokio::time::{Instant, sleep_until};

use super::{EcsLauncher, Seen};
use crate::task_events::{TaskEvent, TaskEvents};

pub(super) struct News {
    events: Option<TaskEvents>,
    state: Mutex<State>,
}

struct State {
    next_look: Instant,
    /// What was told and may not be taken in yet, and the messages by which it came.
    told: Vec<LaunchKey>,
    messages: Vec<String>,
}

impl News {
    pub(super) fn new(events: Option<TaskEvents>) -> Self {
        let state = State { next_look: Instant::now(), told: Vec::new(), messages: Vec::new() };
        Self { events, state: Mutex::new(state) }
    }

    pub(super) fn look_soon(&self) {
        self.state().next_look = Instant::now();
    }

    /// Messages are done with only now, so that a crash before leaves them to be delivered again.
    pub(super) async fn heard(&self) -> Result<(), LauncherError> {
        let messages = {
            let mut state = self.state();
            state.told.clear();
            std::mem::take(&mut state.messages)
        };
        match &self.events {
            Some(events) => events.done(messages).await,
            None => Ok(()),
        }
    }

    async fn event(&self) -> Result<Vec<TaskEvent>, LauncherError> {
        match &self.events {
            Some(events) => events.next().await,
            None => std::future::pending().await,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it is held")
    }
}

impl EcsLauncher {
    pub(super) async fn hear(&self, wait: Duration) -> Result<Vec<Ended>, LauncherError> {
        let end = Instant::now() + wait;
        self.forget_unheard();
        loop {
            let mut told = std::pin::pin!(self.told.notified());
            told.as_mut().enable();
            let news = self.table().take_news();
            if !news.is_empty() {
                self.news.state().told.extend(news.iter().map(|ended| ended.key));
                return Ok(news);
            }
            if Instant::now() >= end {
                return Ok(Vec::new());
            }
            let next_look = self.look_if_due().await;
            tokio::select! {
                events = self.news.event() => {
                    let news = self.take_in_events(events?);
                    if !news.is_empty() {
                        return Ok(news);
                    }
                }
                () = told => {}
                () = sleep_until(next_look.min(end)) => {}
            }
        }
    }

    /// Messages that nobody confirmed come back by themselves, and then they are news again.
    fn forget_unheard(&self) {
        let told = {
            let mut state = self.news.state();
            state.messages.clear();
            std::mem::take(&mut state.told)
        };
        self.table().not_told(&told);
    }

    fn take_in_events(&self, events: Vec<TaskEvent>) -> Vec<Ended> {
        let mut news = Vec::new();
        for event in events {
            self.news.state().messages.push(event.handle);
            // Doubled, late and out of order: only the end counts, and it is told once.
            let Some((key, exit)) = event.ended else { continue };
            self.judge(&event.family, &exit);
            if self.table().over_by_event(key, LaunchRef(event.task), &exit) {
                self.freed.notify_one();
                news.push(Ended { key, exit });
            }
        }
        self.news.state().told.extend(news.iter().map(|ended| ended.key));
        news
    }

    /// When to look next. A look that fails is no reason to miss what events tell.
    pub(super) async fn look_if_due(&self) -> Instant {
        let now = Instant::now();
        let next = {
            let mut state = self.news.state();
            if state.next_look > now {
                return state.next_look;
            }
            state.next_look = now + self.config.look_every;
            state.next_look
        };
        if let Err(error) = self.look().await {
            tracing::warn!(%error, "Tasks could not be looked at; the next look makes it good");
        }
        next
    }

    /// One look at all that runs, as far as this orchestrator knows.
    async fn look(&self) -> Result<(), LauncherError> {
        let running = self.table().running();
        let arns: Vec<_> = running.iter().map(|launch| launch.launch.0.clone()).collect();
        let seen = self.tasks.look(&arns).await?;
        for launch in running {
            let Some(view) = seen.get(&launch.launch.0) else { continue };
            match &view.seen {
                Seen::Running => self.breaker.works(&view.family),
                Seen::Stopped(exit) => {
                    self.judge(&view.family, exit);
                    self.over(launch.key, exit.clone());
                }
                Seen::Starting | Seen::Missing => {}
            }
        }
        Ok(())
    }
}
