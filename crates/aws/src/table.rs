//! The one table of an installation, as tests, `doctor` and infrastructure know it.
//!
//! | Part | Keys | For |
//! |---|---|---|
//! | the table | `pk`, `sk`: texts | everything |
//! | index `wake` | `wake_shard`: text, `wake_at`: number | what is due, over [`WAKE_SHARDS`] shards; holds only jobs that somebody must look at again |
//! | index `by_tenant` | `by_tenant`, `pk`: texts | pages of jobs, newest first, over [`SHARDS`] shards |
//! | index `by_status` | `by_status`, `pk`: texts | the same for one status |
//! | index `by_type` | `by_type`, `pk`: texts | the same for one job type |
//!
//! All indexes hold keys only: what they find is read from the table itself, because they lag behind it. Billing is
//! by request; there is no stream. `pk = meta`, `sk = schema` says by which program's rules the items were written.

mod access;
mod check;
mod create;
mod expression;
mod item;
mod read;
mod transact;
mod write;

use aws_sdk_dynamodb::types::ScalarAttributeType;

pub(crate) use self::{
    access::{CALLS_MAX, Table},
    check::check_schema,
    expression::Expression,
    item::{Item, Key, number, read_number, read_text, text},
    read::Walk,
    transact::{Action, Transacted},
    write::Written,
};
pub use self::{
    check::{TableError, check},
    create::create,
};

/// The rules by which items are written. Programs of another number refuse the table.
pub const SCHEMA: u32 = 1;

/// Over how many keys an index is spread, because one key takes 1,000 writes a second.
pub const SHARDS: u32 = 8;

/// The same for `wake`, which each orchestrator asks every second, shard by shard: fewer, because that is what an idle
/// installation pays for, and Fargate starts too few tasks a second for more to matter.
pub const WAKE_SHARDS: u32 = 4;

/// The table's own keys.
pub const PK: &str = "pk";
pub const SK: &str = "sk";

/// An index: its name and the two attributes that are its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Index {
    pub name: &'static str,
    pub hash: &'static str,
    pub range: &'static str,
}

pub const WAKE: Index = Index { name: "wake", hash: "wake_shard", range: "wake_at" };
pub const BY_TENANT: Index = Index { name: "by_tenant", hash: "by_tenant", range: PK };
pub const BY_STATUS: Index = Index { name: "by_status", hash: "by_status", range: PK };
pub const BY_TYPE: Index = Index { name: "by_type", hash: "by_type", range: PK };

pub const INDEXES: [Index; 4] = [WAKE, BY_TENANT, BY_STATUS, BY_TYPE];

/// Every attribute that is part of a key.
fn key_attributes() -> impl Iterator<Item = (&'static str, ScalarAttributeType)> {
    let number = |name| (name, ScalarAttributeType::N);
    let text = |name| (name, ScalarAttributeType::S);
    let hashes = INDEXES.iter().map(move |index| text(index.hash));
    [text(PK), text(SK), number(WAKE.range)].into_iter().chain(hashes)
}
