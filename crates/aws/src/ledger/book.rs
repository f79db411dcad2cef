//! The book of a day: a call as reports see it.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Mutex, PoisonError},
};

use agent_runner_domain::{
    Day, TenantId,
    ports::{CostGroup, JobCost, Reservation},
};

use super::{keys, sums};
use crate::{
    fault::Fault,
    table::{Item, Table, read_text, text},
};

/// Of a call: the key of its entry in the book.
pub(super) const PLACE: &str = "entry";
pub(super) const MODEL: &str = "model";
const JOB_TYPE: &str = "job_type";
const PROVIDER: &str = "provider";
const TAGS: &str = "tags";

/// More than anybody books on at a time: calls are booked on the day on which they are made.
const OPEN_MAX: usize = 10_000;

/// The books that are known to be listed, so that each is listed about once per process.
#[derive(Debug, Default)]
pub(super) struct Days(Mutex<HashSet<(Day, TenantId)>>);

impl Days {
    /// Lists the book that the call will be in, before anything is written there.
    pub(super) async fn open(&self, table: &Table, asked: &Reservation) -> Result<(), Fault> {
        let book = (Day::of(asked.at), asked.labels.tenant.clone());
        if self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&book) {
            return Ok(());
        }
        table.put(keys::day(book.0, &book.1).item()).await?;
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= OPEN_MAX {
            open.clear();
        }
        open.insert(book);
        Ok(())
    }
}

/// What is put when the call is granted.
pub(super) fn entry(asked: &Reservation, cost: &JobCost) -> Item {
    let labels = &asked.labels;
    let mut item = keys::entry(asked.key, asked.at, &labels.tenant).item();
    sums::write(cost, &mut item);
    let tags = serde_json::to_string(&labels.tags).expect("texts are JSON");
    let texts = [
        (MODEL, labels.model.clone()),
        (JOB_TYPE, labels.job_type.clone()),
        (PROVIDER, labels.provider.clone()),
        (TAGS, tags),
    ];
    item.extend(texts.map(|(name, value)| (name.to_owned(), text(value))));
    item
}

/// Which group the entry belongs to.
pub(super) fn group(item: &Item, day: Day, tenant: &TenantId, by: &CostGroup) -> String {
    let label = |name| read_text(item, name).unwrap_or_default();
    match by {
        CostGroup::Day => day.to_string(),
        CostGroup::JobType => label(JOB_TYPE).to_owned(),
        CostGroup::Model => format!("{}/{}", label(PROVIDER), label(MODEL)),
        CostGroup::Tag(tag) => {
            let tags: BTreeMap<String, String> =
                serde_json::from_str(label(TAGS)).unwrap_or_default();
            tags.get(tag).cloned().unwrap_or_default()
        }
        CostGroup::Tenant => tenant.to_string(),
    }
}
