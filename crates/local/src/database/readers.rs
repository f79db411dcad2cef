//! A few threads that read beside the writer.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::fault::Fault;

/// Reads that wait for a thread before further ones are refused.
const READS_WAITING_MAX: usize = 4_096;

type Order = Box<dyn FnOnce(&Connection) + Send>;

pub(super) struct Readers {
    orders: Option<mpsc::SyncSender<Order>>,
    threads: Vec<thread::JoinHandle<()>>,
    path: PathBuf,
}

impl Readers {
    pub(super) fn start(connections: Vec<Connection>, path: &Path) -> std::io::Result<Self> {
        let (orders, inbox) = mpsc::sync_channel(READS_WAITING_MAX);
        let inbox = Arc::new(Mutex::new(inbox));
        let start = |connection| {
            let inbox = Arc::clone(&inbox);
            let builder = thread::Builder::new().name("sqlite-reader".into());
            builder.spawn(move || serve(&connection, &inbox))
        };
        Ok(Self {
            orders: Some(orders),
            threads: connections.into_iter().map(start).collect::<Result<_, _>>()?,
            path: path.to_owned(),
        })
    }

    /// Runs `work` on a connection that sees every write which has returned.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let (reply, answer) = oneshot::channel();
        let order: Order = Box::new(move |connection| {
            let _ = reply.send(work(connection));
        });
        let orders = self.orders.as_ref().expect("only drop takes it");
        orders
            .try_send(order)
            .map_err(|_| Fault::Unavailable("too many reads are waiting".into()))?;
        match answer.await {
            Ok(outcome) => outcome.map_err(|error| Fault::of(&error, &self.path)),
            Err(_) => Err(Fault::Unavailable("the read was not carried out".into())),
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.orders = None;
        for thread in self.threads.drain(..) {
            // A panic was already reported by the thread itself.
            let _ = thread.join();
        }
    }
}

fn serve(connection: &Connection, inbox: &Mutex<mpsc::Receiver<Order>>) {
    loop {
        let order = inbox.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match order {
            Ok(order) => order(connection),
            Err(mpsc::RecvError) => return,
        }
    }
}

/// Shows `work` one state of the file, however many statements it has.
pub(crate) fn snapshot<T>(
    db: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    db.prepare_cached("BEGIN")?.execute([])?;
    let outcome = work(db);
    let ended = db.prepare_cached("COMMIT")?.execute([]);
    outcome.and_then(|found| ended.map(|_| found))
}
