//! The one thread that writes: what has gathered while it was busy becomes one transaction and one fsync.
//!
//! A lone writer never waits for company; many get a moment to come back (see [`gather`](super::gather)). A
//! write that only *refuses* (a stale version, a key that is taken) is an answer and touches nobody; an SQL
//! error rolls the transaction back and is told to everybody in it, because for all of them it is unknown how
//! far they got.

use std::{
    path::PathBuf,
    sync::{Arc, mpsc},
    thread,
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{batch::Batch, fault::Fault, gather::Gathering, open::Tuning};
use crate::work_queue::Line;

/// Hands writes to the thread; the thread ends when this is dropped.
pub(super) struct Writer {
    orders: Option<mpsc::SyncSender<Box<dyn Order>>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        path: PathBuf,
        line: Arc<Line>,
        tuning: &Tuning,
    ) -> std::io::Result<Self> {
        let (orders, inbox) = mpsc::sync_channel(tuning.writes_waiting_max);
        let desk = Desk { path, line };
        let thread = thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || desk.serve(&connection, inbox))?;
        Ok(Self { orders: Some(orders), thread: Some(thread) })
    }

    /// Runs `work` in a transaction with others and returns when that is on disk.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Batch) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let (reply, answer) = oneshot::channel();
        let order = Pending { work: Some(work), value: None, reply };
        let orders = self.orders.as_ref().expect("only drop takes it");
        orders.try_send(Box::new(order)).map_err(|error| {
            Fault::Unavailable(match error {
                mpsc::TrySendError::Full(_) => "too many writes are waiting".into(),
                mpsc::TrySendError::Disconnected(_) => "the writer has ended".into(),
            })
        })?;
        answer.await.unwrap_or_else(|_| Err(Fault::Unavailable("the writer has ended".into())))
    }
}

impl Drop for Writer {
    /// What was handed over is still written; then the file is closed.
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A panic was already reported by the thread itself.
            let _ = thread.join();
        }
    }
}

/// A write in the batch, whatever it answers.
trait Order: Send {
    fn run(&mut self, batch: &mut Batch) -> rusqlite::Result<()>;
    fn answer(self: Box<Self>, fault: Option<&Fault>);
}

struct Pending<F, T> {
    work: Option<F>,
    value: Option<T>,
    reply: oneshot::Sender<Result<T, Fault>>,
}

impl<F, T> Order for Pending<F, T>
where
    F: FnOnce(&mut Batch) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn run(&mut self, batch: &mut Batch) -> rusqlite::Result<()> {
        let work = self.work.take().expect("an order is run once");
        self.value = Some(work(batch)?);
        Ok(())
    }

    fn answer(self: Box<Self>, fault: Option<&Fault>) {
        let answer = match (fault, self.value) {
            (None, Some(value)) => Ok(value),
            (fault, _) => Err(fault
                .cloned()
                .unwrap_or_else(|| Fault::Unavailable("the write was not carried out".into()))),
        };
        // Whoever asked may have gone; the write stands.
        let _ = self.reply.send(answer);
    }
}

struct Desk {
    path: PathBuf,
    line: Arc<Line>,
}

impl Desk {
    fn serve(&self, connection: &Connection, inbox: mpsc::Receiver<Box<dyn Order>>) {
        let mut batch = Batch::new(connection);
        let mut gathering = Gathering::new(inbox);
        while let Some(mut orders) = gathering.next() {
            let writes = orders.len();
            let outcome = gathering.transaction(writes, || Self::commit(&mut batch, &mut orders));
            let fault = outcome.err().map(|error| Fault::of(&error, &self.path));
            // Before the replies, so that whoever hears of a write can also receive its job.
            self.line.changed(batch.take_moves());
            for order in orders {
                order.answer(fault.as_ref());
            }
        }
    }

    fn commit(batch: &mut Batch, orders: &mut [Box<dyn Order>]) -> rusqlite::Result<()> {
        batch.begin()?;
        let run = orders.iter_mut().try_for_each(|order| order.run(batch));
        let outcome = run.and_then(|()| batch.commit());
        if outcome.is_err() {
            batch.roll_back();
        }
        outcome
    }
}
