//! Calls in groups.

use std::collections::BTreeMap;

use agent_runner_domain::{
    Day, TenantId, Timestamp,
    ports::{CostQuery, CostRow, JobCost},
};
use futures::{StreamExt, TryStreamExt, stream};

use super::{DynamoLedger, all_of, book, keys, sums};
use crate::{
    fault::Fault,
    table::{CALLS_MAX, Item, SK, Walk, read_text, text},
};

/// As many as fit into one answer.
const PAGE: usize = 10_000;

type Groups = BTreeMap<String, JobCost>;

impl DynamoLedger {
    /// Reads the books of the time in question, several at once, and keeps only their sums.
    pub(super) async fn rows(&self, query: &CostQuery) -> Result<Vec<CostRow>, Fault> {
        if query.since.zip(query.until).is_some_and(|(since, until)| since >= until) {
            return Ok(Vec::new());
        }
        let mut reading = Vec::new();
        for (day, tenant) in self.books(query).await? {
            for shard in 0..keys::BOOK_SHARDS {
                reading.push(self.read(query, day, tenant.clone(), shard));
            }
        }
        let groups = stream::iter(reading)
            .buffer_unordered(CALLS_MAX)
            .try_fold(Groups::new(), |all, some| async { Ok(merged(all, some)) })
            .await?;
        Ok(groups.into_iter().map(|(key, cost)| cost.into_row(key)).collect())
    }

    async fn books(&self, query: &CostQuery) -> Result<Vec<(Day, TenantId)>, Fault> {
        let since =
            query.since.map(|since| ("#range >= :1", vec![text(Day::of(since).to_string())]));
        let walk = Walk { range: since, ..all_of(keys::DAYS) };
        let found = self.table.query(walk).await?;
        let book = |item: &Item| keys::read_day(read_text(item, SK)?);
        let wanted = |(day, tenant): &(Day, TenantId)| {
            query.tenant.as_ref().is_none_or(|only| only == tenant)
                && query.until.is_none_or(|until| *day <= Day::of(until))
        };
        Ok(found.iter().filter_map(book).filter(wanted).collect())
    }

    async fn read(
        &self,
        query: &CostQuery,
        day: Day,
        tenant: TenantId,
        shard: u128,
    ) -> Result<Groups, Fault> {
        let mut walk = all_of(&keys::book(day, &tenant, shard));
        walk.range = Some(("#range BETWEEN :1 AND :2", bounds(query).map(text).to_vec()));
        let mut groups = Groups::new();
        let mut from = None;
        loop {
            let (entries, next) = self.table.query_page(&walk, PAGE, from).await?;
            for entry in &entries {
                let group = book::group(entry, day, &tenant, &query.by);
                *groups.entry(group).or_default() += sums::read(entry);
            }
            from = next;
            if from.is_none() {
                return Ok(groups);
            }
        }
    }
}

/// The first and the last place of an entry; those of `until` itself sort after its bare time.
fn bounds(query: &CostQuery) -> [String; 2] {
    let since = query.since.unwrap_or(Timestamp::from_millis(i64::MIN));
    let until = query.until.map_or_else(|| "~".to_owned(), keys::time);
    [keys::time(since), until]
}

fn merged(mut all: Groups, some: Groups) -> Groups {
    for (group, cost) in some {
        *all.entry(group).or_default() += cost;
    }
    all
}
