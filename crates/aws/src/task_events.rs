//! News of tasks: `ECS Task State Change` of `EventBridge`, through a queue.
//!
//! It comes twice, late, out of order or never. So it only makes things fast, and it is deleted when what follows
//! from it has been stored.

mod poll;
mod wire;

use std::time::Duration;

use agent_runner_domain::{
    job::Exit,
    ports::{LaunchKey, LauncherError},
};
use aws_sdk_sqs::{Client, types::DeleteMessageBatchRequestEntry};
use tokio::sync::{Mutex, OnceCell, mpsc};

use crate::{Names, fault::Fault, queues};

/// How long a message stays with us until it is done with, or comes again.
const HOLD: Duration = Duration::from_mins(1);
const BATCH_MAX: usize = 10;

type Batch = Result<Vec<TaskEvent>, LauncherError>;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskEvent {
    /// By which the message is done with.
    pub(crate) handle: String,
    /// The task's ARN.
    pub(crate) task: String,
    /// The family of its task definition.
    pub(crate) family: String,
    /// The launch that is over. `None`: other news, or a task that is no launch.
    pub(crate) ended: Option<(LaunchKey, Exit)>,
}

/// The queue of news.
pub struct TaskEvents {
    sqs: Client,
    url: String,
    /// A poll belongs to no caller, because what it brings would be lost with the caller.
    polled: OnceCell<Mutex<mpsc::Receiver<Batch>>>,
}

impl TaskEvents {
    /// Looks up the queue of [`Names::task_events`].
    ///
    /// # Errors
    /// Names the queue that is missing.
    pub async fn open(sqs: Client, names: &Names) -> Result<Self, LauncherError> {
        let url =
            queues::url(&sqs, &names.task_events()).await.map_err(|fault| unavailable(&fault))?;
        Ok(Self { sqs, url, polled: OnceCell::new() })
    }

    /// The next messages, some time. May be dropped while it waits.
    pub(crate) async fn next(&self) -> Result<Vec<TaskEvent>, LauncherError> {
        let start = || async { Mutex::new(poll::start(self.sqs.clone(), self.url.clone())) };
        let batch = self.polled.get_or_init(start).await.lock().await.recv().await;
        batch.unwrap_or_else(|| Err(LauncherError("news of tasks are no longer read".into())))
    }

    /// The messages are done with.
    pub(crate) async fn done(&self, handles: Vec<String>) -> Result<(), LauncherError> {
        for batch in handles.chunks(BATCH_MAX) {
            let entries = batch.iter().enumerate().map(|(at, handle)| {
                let entry = DeleteMessageBatchRequestEntry::builder().id(at.to_string());
                entry.receipt_handle(handle).build().expect("both fields are set")
            });
            let call = self.sqs.delete_message_batch().queue_url(&self.url);
            let answer = call.set_entries(Some(entries.collect())).send().await;
            // A single one that failed comes again, and is known then.
            answer.map_err(|error| {
                unavailable(&Fault::of(&error, "sqs:DeleteMessage", "the queue of task events"))
            })?;
        }
        Ok(())
    }
}

fn unavailable(fault: &Fault) -> LauncherError {
    LauncherError(fault.to_string())
}
