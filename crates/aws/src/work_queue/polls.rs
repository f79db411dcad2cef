//! Polls that wait at the service while somebody waits here.
//!
//! A call cannot be taken back: the service may already have answered it, and what it handed out is held. So polls
//! are not tied to whoever waits; what they bring lies here until somebody asks, and goes back if nobody does.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use agent_runner_domain::ports::QueueError;
use tokio::{
    sync::{Notify, futures::Notified},
    time::sleep,
};

use super::{
    bands::Band,
    batches::{BATCH_MAX, Batches, Deed},
    wire::Delivery,
};

/// How long a poll waits at the service. Longer is cheaper, and keeps a graceful stop waiting.
const POLL: Duration = Duration::from_secs(10);
/// How long a message lies here before it goes back.
const KEEP: Duration = Duration::from_secs(2);

pub(super) struct Polls {
    batches: Batches,
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Default)]
struct State {
    bands: [BandState; Band::ALL.len()],
    /// Why the last poll failed, for whoever waits.
    trouble: Option<QueueError>,
    closed: bool,
}

#[derive(Default)]
struct BandState {
    under_way: bool,
    /// Counts the polls that brought something, so that each takes back only what it brought.
    poll: u64,
    here: VecDeque<(u64, Delivery)>,
}

impl Polls {
    pub(super) fn new(batches: Batches) -> Self {
        Self { batches, state: Mutex::default(), arrived: Notify::new() }
    }

    /// Ends when a poll has been answered.
    pub(super) fn news(&self) -> Notified<'_> {
        self.arrived.notified()
    }

    pub(super) fn is_under_way(&self, band: Band) -> bool {
        self.state().bands[band.index()].under_way
    }

    pub(super) fn any_under_way(&self) -> bool {
        self.state().bands.iter().any(|band| band.under_way)
    }

    pub(super) fn take(&self, band: Band, max: usize) -> Vec<Delivery> {
        let here = &mut self.state().bands[band.index()].here;
        let count = here.len().min(max);
        here.drain(..count).map(|(_, delivery)| delivery).collect()
    }

    pub(super) fn take_trouble(&self) -> Result<(), QueueError> {
        self.state().trouble.take().map_or(Ok(()), Err)
    }

    /// Polls every band that is not being polled, for somebody who wants so many.
    pub(super) fn start(self: &Arc<Self>, wanted: usize) {
        for band in Band::ALL {
            let mut state = self.state();
            if state.closed || mem::replace(&mut state.bands[band.index()].under_way, true) {
                continue;
            }
            tokio::spawn(self.clone().poll(band, wanted.min(BATCH_MAX)));
        }
    }

    async fn poll(self: Arc<Self>, band: Band, wanted: usize) {
        let answer = self.batches.receive_ten(band, wanted, POLL).await;
        let mine = self.take_in(band, answer);
        self.arrived.notify_waiters();
        if let Some((poll, keep)) = mine {
            sleep(keep).await;
            self.hand_back(band, |brought_by| brought_by == poll).await;
        }
    }

    /// The number of the poll, if it brought something, and how long that may lie here.
    fn take_in(
        &self,
        band: Band,
        answer: Result<Vec<Delivery>, QueueError>,
    ) -> Option<(u64, Duration)> {
        let mut state = self.state();
        let keep = if state.closed { Duration::ZERO } else { KEEP };
        let mine = &mut state.bands[band.index()];
        mine.under_way = false;
        match answer {
            Ok(found) if found.is_empty() => None,
            Ok(found) => {
                mine.poll += 1;
                let poll = mine.poll;
                mine.here.extend(found.into_iter().map(|delivery| (poll, delivery)));
                Some((poll, keep))
            }
            Err(error) => {
                state.trouble = Some(error);
                None
            }
        }
    }

    async fn hand_back(&self, band: Band, which: impl Fn(u64) -> bool) {
        let handles = self.take_back(band, which);
        if let Err(error) = self.batches.run_on(band, Deed::Show, handles).await {
            tracing::warn!(%error, "Messages were not handed back; they come back by themselves");
        }
    }

    fn take_back(&self, band: Band, which: impl Fn(u64) -> bool) -> Vec<String> {
        let here = &mut self.state().bands[band.index()].here;
        let (back, kept): (VecDeque<_>, _) =
            mem::take(here).into_iter().partition(|(poll, _)| which(*poll));
        *here = kept;
        back.into_iter().map(|(_, delivery)| delivery.handle).collect()
    }

    pub(super) async fn close(&self) {
        self.state().closed = true;
        loop {
            let mut news = std::pin::pin!(self.news());
            news.as_mut().enable();
            for band in Band::ALL {
                self.hand_back(band, |_| true).await;
            }
            if !self.any_under_way() {
                return;
            }
            news.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it is held")
    }
}
