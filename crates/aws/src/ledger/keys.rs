//! Where the ledger's items are.

use agent_runner_domain::{
    Day, JobId, TenantId, Timestamp,
    ports::{AccountId, CallKey},
};

use crate::table::Key;

/// A day's calls of a tenant are spread over as many keys, because one takes 1,000 writes a second.
pub(super) const BOOK_SHARDS: u128 = 4;
/// Where the [`day`] keys are.
pub(super) const DAYS: &str = "ledger#days";
/// Where the [`daily_limit`] keys are.
pub(super) const LIMITS: &str = "ledger#limits";

/// An account that many jobs share is spread over as many items, because transactions that meet cancel each other.
const ACCOUNT_SHARDS: u128 = 16;

/// Times are written from here on, so that they sort as texts: the first millisecond that there is.
const FIRST: i64 = -62_135_596_800_000;

pub(super) fn call(key: CallKey) -> Key {
    let CallKey { job, attempt, call } = key;
    Key::new(format!("ledger#call#{job}"), format!("{attempt:010}#{call:010}"))
}

/// Where an account is counted, but for what is [`spread`].
pub(super) fn account(id: &AccountId) -> Key {
    Key::new(format!("ledger#account#{id}"), "sums")
}

/// Where calls of this job are counted on an account that many jobs share.
pub(super) fn spread(id: &AccountId, job: JobId) -> Key {
    let shard = job.as_u128() % ACCOUNT_SHARDS;
    Key::new(account(id).pk, format!("sums#{shard}"))
}

/// The place of a call in the book of its day.
pub(super) fn entry(key: CallKey, at: Timestamp, tenant: &TenantId) -> Key {
    let CallKey { job, attempt, call } = key;
    let shard = job.as_u128() % BOOK_SHARDS;
    let place = format!("{}#{job}#{attempt:010}#{call:010}", time(at));
    Key::new(book(Day::of(at), tenant, shard), place)
}

pub(super) fn book(day: Day, tenant: &TenantId, shard: u128) -> String {
    format!("ledger#book#{day}#{shard}#{tenant}")
}

/// Sorts as text like the time itself.
pub(super) fn time(at: Timestamp) -> String {
    format!("{:015}", at.as_millis() - FIRST)
}

pub(super) fn day(day: Day, tenant: &TenantId) -> Key {
    Key::new(DAYS, format!("{day}#{tenant}"))
}

/// What [`day`] wrote.
pub(super) fn read_day(text: &str) -> Option<(Day, TenantId)> {
    let (day, tenant) = text.split_once('#')?;
    Some((day.parse().ok()?, tenant.parse().ok()?))
}

pub(super) fn daily_limit(tenant: &TenantId) -> Key {
    Key::new(LIMITS, tenant.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_sort_as_texts() {
        let times = [i64::MIN, -1, 0, 1, 1_790_000_000_123, i64::MAX].map(Timestamp::from_millis);
        let texts = times.map(time);
        assert!(texts.is_sorted() && texts.iter().all(|text| text.len() == 15), "{texts:?}");
    }

    #[test]
    fn a_day_is_read_as_it_was_written() {
        let (today, tenant) = ("2026-11-21".parse().unwrap(), "a-b.c_d".parse().unwrap());
        assert_eq!(read_day(&day(today, &tenant).sk), Some((today, tenant)));
    }
}
