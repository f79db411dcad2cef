//! A job's log.
//!
//! The newest events are in the job's own item, so that a step and its log, or a batch of events and the check of
//! the lease, are one write of one item: nothing to conflict with, half the price of a transaction. When that end
//! of the log is full, it is copied to an item of its own and then cut, in this order, so a reader that looks at
//! the job first and at the older parts after misses nothing; what it sees twice it knows by the number.
//! Batches that are too large for either are objects, and the log holds where they are.

mod append;
mod entry;
mod read;
mod spill;

pub(super) use self::{
    append::{Appending, append},
    entry::{Entries, entries},
    read::events,
    spill::{is_full, spill},
};
use crate::table::{Expression, Item, number, read_number};

/// The newest entries: a list of texts.
pub(super) const LOG: &str = "log";
/// Their bytes.
const LOG_BYTES: &str = "log_bytes";
/// The number of the first event among them.
const LOG_START: &str = "log_start";
/// How many events the job has.
pub(super) const EVENTS: &str = "events";
/// The lease under which the last events were appended, and the worker's own number of the last of them.
const APPENDED_BY: &str = "appended_by";
const APPENDED: &str = "appended";

/// The end of the log is cut before it takes more than this.
const END_BYTES_MAX: usize = 8 * 1024;

/// An update that also appends to the log, where that has room.
pub(super) fn extended(change: Expression, entries: &Entries) -> Expression {
    if entries.events == 0 {
        return change;
    }
    change
        .extend(LOG, entries.texts())
        .add(LOG_BYTES, number(entries.bytes()))
        .add(EVENTS, number(entries.events))
        .only_if(LOG_BYTES, "<", number(END_BYTES_MAX))
}

/// The attributes of a new job's log.
pub(super) fn begun(entries: &Entries) -> Item {
    let list = aws_sdk_dynamodb::types::AttributeValue::L(entries.texts());
    [
        (LOG.to_owned(), list),
        (LOG_BYTES.to_owned(), number(entries.bytes())),
        (LOG_START.to_owned(), number(1)),
        (EVENTS.to_owned(), number(entries.events)),
    ]
    .into()
}

fn count(item: &Item, attribute: &str) -> u64 {
    read_number(item, attribute).unwrap_or(0)
}
