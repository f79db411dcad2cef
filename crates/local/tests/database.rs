//! What only a database on a disk has to show: it survives, it is refused with clear words, it can be read.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "database/durability.rs"]
mod durability;
#[path = "database/older.rs"]
mod older;
#[path = "database/refusals.rs"]
mod refusals;
#[path = "database/reopening.rs"]
mod reopening;
