//! What the engine needs from the world, as traits that adapters fill.
//!
//! Each trait's documentation is its contract, and `testkit::conformance` judges every adapter and every fake
//! by it. Common to all: absence is `Ok(None)`; an `Err` means that *it is not known* whether the call took
//! effect, so callers repeat it, and every call is safe to repeat; nothing waits longer than it says.
//!
//! To add a port: name it for the need and not for a product, write down what callers may rely on, add one
//! conformance function per promise, then a fake in `testkit` that passes them.

mod artifact_store;
mod callbacks;
mod children;
mod clock;
mod job_store;
mod launcher;
mod ledger;
mod secret_source;
mod work_queue;
mod worker_link;

pub use self::{
    artifact_store::{
        ArtifactError, ArtifactInfo, ArtifactKey, ArtifactName, ArtifactNameError, ArtifactStore,
    },
    callbacks::{CallbackSender, Delivery, SendError},
    children::{ChildOrder, ChildView, Children, ChildrenError, OrderFault, Ordered},
    clock::{Clock, Ids},
    job_store::{
        Appended, Commit, CommitError, Count, CursorPosition, Idempotency, Inserted, JobPage,
        JobQuery, JobStore, NewJob, StoreError, Under, Version, Versioned,
    },
    launcher::{Ended, LaunchKey, LaunchOrder, Launcher, LauncherError, RunningLaunch},
    ledger::{
        Account, AccountId, CallKey, CallLabels, Charge, CostGroup, CostQuery, CostRow, DaySpend,
        JobCost, Ledger, LedgerError, Reservation, Reserved, Shortage, Tokens,
    },
    secret_source::{Secret, SecretError, SecretSource},
    work_queue::{QueueError, QueueMessage, Receipt, WorkQueue},
    worker_link::{Assignment, Instruction, LinkError, SpendAsk, Ticket, WorkerLink},
};
