//! The [`WorkQueue`] that a [`Database`] has by itself: its ready jobs, in order.
//!
//! Nothing is stored for it but the rank of each job, so nothing can be lost: `send` only wakes receivers.

mod ledger;
#[cfg(test)]
mod ledger_test;
mod look;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use agent_runner_domain::ports::{Clock, QueueError, QueueMessage, Receipt, WorkQueue};
use async_trait::async_trait;
use rusqlite::Connection;
use tokio::{sync::Notify, time::Instant};

use self::ledger::{Ledger, Look};
pub(crate) use self::ledger::{Move, Place};
use crate::database::{Database, snapshot};

/// How many places a look reads at most to pass those that others hold.
const PASSED_MAX: usize = 1_024;

/// Receivers, and what the writer has to tell them.
#[derive(Default)]
pub(crate) struct Line {
    ledger: Mutex<Ledger>,
    news: Notify,
    /// One look at a time.
    turn: tokio::sync::Mutex<()>,
}

impl Line {
    pub(crate) fn changed(&self, moves: Vec<Move>) {
        if !moves.is_empty() {
            self.tell(moves, Ledger::changed);
        }
    }

    fn tell<T>(&self, news: Vec<T>, tell: impl Fn(&mut Ledger, T) -> bool) {
        let mut ledger = self.lock();
        let mut look = false;
        for item in news {
            look |= tell(&mut ledger, item);
        }
        drop(ledger);
        if look {
            self.news.notify_waiters();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ready jobs of a database.
#[derive(Clone)]
pub struct SqliteWorkQueue {
    database: Database,
    line: Arc<Line>,
    clock: Arc<dyn Clock>,
}

impl SqliteWorkQueue {
    pub(crate) fn new(database: Database, line: Arc<Line>, clock: Arc<dyn Clock>) -> Self {
        Self { database, line, clock }
    }

    async fn look(&self, max: usize) -> Result<Vec<Receipt>, QueueError> {
        let _turn = self.line.turn.lock().await;
        let mut asked = max;
        loop {
            let look = self.begin_look(asked);
            let to_read = look.clone();
            let read = move |db: &Connection| snapshot(db, |db| look::find(db, &to_read, asked));
            let found = self.database.read_few(read).await?;
            let more = found.following.len() == asked || look.behind.len() == asked;
            let mut ledger = self.line.lock();
            let receipts = ledger.end_look(&look, &found, max, self.clock.now());
            if !receipts.is_empty() || !more {
                return Ok(receipts);
            }
            // All of these are held by others: pass them in few steps.
            asked = (asked * 4).clamp(64, PASSED_MAX.max(max));
        }
    }

    fn begin_look(&self, max: usize) -> Look {
        let mut ledger = self.line.lock();
        ledger.end_holds(self.clock.now());
        ledger.begin_look(max)
    }

    fn until_next_hold_ends(&self) -> Duration {
        let now = self.clock.now();
        let end = self.line.lock().end_holds(now);
        end.map_or(Duration::MAX, |end| end.since(now))
    }
}

#[async_trait]
impl WorkQueue for SqliteWorkQueue {
    async fn send(&self, messages: Vec<QueueMessage>) -> Result<(), QueueError> {
        self.line.tell(messages, |ledger, message| ledger.sent(message.job));
        Ok(())
    }

    async fn receive(&self, max: usize, wait: Duration) -> Result<Vec<Receipt>, QueueError> {
        if max == 0 {
            return Ok(Vec::new());
        }
        let began = Instant::now();
        loop {
            // Interest is registered before looking, so that nothing stored in between is missed.
            let mut news = std::pin::pin!(self.line.news.notified());
            news.as_mut().enable();
            let receipts = self.look(max).await?;
            let left = wait.saturating_sub(began.elapsed());
            if !receipts.is_empty() || left.is_zero() {
                return Ok(receipts);
            }
            let nap = left.min(self.until_next_hold_ends().max(Duration::from_millis(1)));
            // Whether news came or time ran out, the answer is to look again.
            let _ = tokio::time::timeout(nap, news).await;
        }
    }

    async fn ack(&self, receipts: Vec<Receipt>) -> Result<(), QueueError> {
        self.line.tell(receipts, |ledger, receipt| ledger.acknowledge(&receipt));
        Ok(())
    }

    async fn release(&self, receipts: Vec<Receipt>) -> Result<(), QueueError> {
        self.line.tell(receipts, |ledger, receipt| ledger.release(&receipt));
        Ok(())
    }
}
