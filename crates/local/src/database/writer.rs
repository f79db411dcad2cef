//! Who writes: what has gathered while a transaction ran becomes the next one, with one fsync.
//!
//! A lone write is done on its caller's thread, because handing it over and being woken costs as much as the
//! write itself. As soon as there are others, one thread writes for all; a lone writer never waits for company,
//! many get a moment to come back (see [`gather`](super::gather)). A write that only *refuses* (a stale version,
//! a key that is taken) is an answer and touches nobody; an SQL error rolls the transaction back and is told to
//! everybody in it, because for all of them it is unknown how far they got.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, mpsc},
    thread,
    time::Duration,
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    batch::{Batch, Memory, Safety},
    fault::Fault,
    gather::Gathering,
    open::{BUSY_TIMEOUT, Tuning},
    traffic::Traffic,
};
use crate::{job_store::Recent, work_queue::Line};

/// Writes, or hands writes to the thread, which ends when this is dropped.
pub(super) struct Writer {
    desk: Arc<Mutex<Desk>>,
    traffic: Arc<Traffic>,
    orders: Option<mpsc::SyncSender<Box<dyn Order>>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// Who is told of writes before whoever asked for them.
pub(super) struct Audience {
    pub(super) line: Arc<Line>,
    pub(super) recent: Arc<Recent>,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        path: PathBuf,
        audience: Audience,
        tuning: &Tuning,
    ) -> std::io::Result<Self> {
        let (orders, inbox) = mpsc::sync_channel(tuning.writes_waiting_max);
        let desk = Desk { connection, memory: Memory::default(), path, audience };
        let (desk, traffic) = (Arc::new(Mutex::new(desk)), Arc::<Traffic>::default());
        let gathering = Gathering::new(inbox, traffic.clone());
        let thread = thread::Builder::new().name("sqlite-writer".into()).spawn({
            let desk = desk.clone();
            move || serve(&desk, gathering)
        })?;
        Ok(Self { desk, traffic, orders: Some(orders), thread: Some(thread) })
    }

    /// Runs `work` in a transaction, maybe with others, and returns when that is as safe as it has to be.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        safety: Safety,
        work: impl FnOnce(&mut Batch) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let (reply, answer) = oneshot::channel();
        let order = Box::new(Pending { work: Some(work), value: None, safety, reply });
        if let Some(order) = self.write_here(order) {
            self.hand_over(order)?;
        }
        answer.await.unwrap_or_else(|_| Err(Fault::Unavailable("the writer has ended".into())))
    }

    /// Writes on this thread, or gives the order back because that might take long.
    fn write_here(&self, order: Box<dyn Order>) -> Option<Box<dyn Order>> {
        let Some(mut desk) = self.free_desk() else {
            return Some(order);
        };
        if !desk.begin_at_once(order.safety()) {
            return Some(order);
        }
        let (done, _) = self.traffic.transaction(1, || desk.carry_out(vec![order]));
        drop(desk);
        done.answer();
        None
    }

    fn free_desk(&self) -> Option<MutexGuard<'_, Desk>> {
        if !self.traffic.is_light() {
            return None;
        }
        match self.desk.try_lock() {
            Ok(desk) => Some(desk),
            Err(TryLockError::Poisoned(desk)) => Some(desk.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn hand_over(&self, order: Box<dyn Order>) -> Result<(), Fault> {
        self.traffic.waits();
        let orders = self.orders.as_ref().expect("only drop takes it");
        orders.try_send(order).map_err(|error| {
            self.traffic.no_longer_wait(1);
            Fault::Unavailable(match error {
                mpsc::TrySendError::Full(_) => "too many writes are waiting".into(),
                mpsc::TrySendError::Disconnected(_) => "the writer has ended".into(),
            })
        })
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
    fn safety(&self) -> Safety;
    fn run(&mut self, batch: &mut Batch) -> rusqlite::Result<()>;
    fn answer(self: Box<Self>, fault: Option<&Fault>);
}

struct Pending<F, T> {
    work: Option<F>,
    value: Option<T>,
    safety: Safety,
    reply: oneshot::Sender<Result<T, Fault>>,
}

impl<F, T> Order for Pending<F, T>
where
    F: FnOnce(&mut Batch) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn safety(&self) -> Safety {
        self.safety
    }

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

/// Where transactions are made, one at a time.
struct Desk {
    connection: Connection,
    memory: Memory,
    path: PathBuf,
    audience: Audience,
}

fn serve(desk: &Mutex<Desk>, mut gathering: Gathering<Box<dyn Order>>) {
    while let Some(orders) = gathering.next() {
        let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
        let done = gathering.transaction(orders.len(), || desk.carry_out(orders));
        drop(desk);
        done.answer();
    }
}

/// Writes that are on disk, or are not; those who asked do not know yet.
struct Done {
    orders: Vec<Box<dyn Order>>,
    fault: Option<Fault>,
}

impl Done {
    fn answer(self) {
        for order in self.orders {
            order.answer(self.fault.as_ref());
        }
    }
}

impl Desk {
    /// Begins a transaction, unless another program has locked the file.
    fn begin_at_once(&mut self, safety: Safety) -> bool {
        let impatient = self.connection.busy_timeout(Duration::ZERO);
        let began = Batch::new(&self.connection, &mut self.memory).begin(safety);
        let patient = self.connection.busy_timeout(BUSY_TIMEOUT);
        impatient.and(began).and(patient).is_ok()
    }

    fn carry_out(&mut self, mut orders: Vec<Box<dyn Order>>) -> Done {
        let mut batch = Batch::new(&self.connection, &mut self.memory);
        let outcome = Self::commit(&mut batch, &mut orders);
        let news = batch.take_news();
        let fault = outcome.err().map(|error| Fault::of(&error, &self.path));
        // Before the replies, so that whoever hears of a write can also receive and read its job.
        self.audience.recent.learn(news.written);
        self.audience.line.changed(news.moves);
        Done { orders, fault }
    }

    fn commit(batch: &mut Batch, orders: &mut [Box<dyn Order>]) -> rusqlite::Result<()> {
        let safety = orders.iter().map(|order| order.safety()).max();
        batch.begin_unless_begun(safety.unwrap_or(Safety::OnDisk))?;
        let run = orders.iter_mut().try_for_each(|order| order.run(batch));
        let outcome = run.and_then(|()| batch.commit());
        if outcome.is_err() {
            batch.roll_back();
        }
        outcome
    }
}
