//! Rules of `costs` and `report`.

use std::time::Duration;

use agent_runner_domain::{
    JobId,
    ports::{Charge, CostGroup, CostQuery, CostRow, JobCost, Reservation},
};

use super::book::{
    Book, call, call_of, charge, grant, money, noon, of_day, of_job, own, spend, tenant,
};
use crate::sample::hostile_texts;

pub(super) fn query(by: CostGroup) -> CostQuery {
    CostQuery { tenant: None, since: None, until: None, by }
}

/// Each row's key, calls and spend.
async fn rows(book: &Book, query: CostQuery) -> Vec<(String, u64, u64)> {
    let rows = book.report(&query).await.unwrap();
    rows.into_iter().map(|row| (row.key, row.calls, row.spent.nanodollars())).collect()
}

fn row(key: &str, calls: u64, spent: u64) -> (String, u64, u64) {
    (key.to_owned(), calls, spent)
}

/// A call with labels of the rule's own.
fn labelled(number: u32, change: impl FnOnce(&mut Reservation)) -> Reservation {
    let mut reservation = call(number, 100);
    change(&mut reservation);
    reservation
}

pub async fn costs_come_in_the_given_order(book: Book) {
    let ids = [1, 2, 3].map(JobId::from_u128);
    spend(&book, &call_of(1, 1, 10), 5).await;
    grant(&book, &call_of(3, 1, 10)).await;
    let [first, unknown, third] = book.costs(&ids).await.unwrap()[..] else {
        panic!("one answer for each");
    };
    assert_eq!((first.spent, third.held), (money(5), money(10)));
    assert_eq!(unknown, JobCost::default());
    let swapped = book.costs(&[ids[2], ids[0], ids[2]]).await.unwrap();
    assert_eq!(swapped, [third, first, third]);
    assert_eq!(book.costs(&[]).await.unwrap(), []);
}

pub async fn a_report_counts_each_call_once(book: Book) {
    let accounts = [1, 2, 3].map(|job| of_job(JobId::from_u128(job), None));
    let accounts: Vec<_> = accounts.into_iter().chain([of_day("acme", noon())]).collect();
    spend(&book, &Reservation { accounts, ..call(1, 10) }, 5).await;
    assert_eq!(rows(&book, query(CostGroup::Tenant)).await, [row("acme", 1, 5)]);
}

pub async fn calls_are_grouped_by_day(book: Book) {
    for (number, at) in [(1, noon()), (2, noon().plus(Duration::from_hours(12))), (3, noon())] {
        spend(&book, &labelled(number, |call| call.at = at), u64::from(number)).await;
    }
    let expected = [row("2026-11-21", 2, 4), row("2026-11-22", 1, 2)];
    assert_eq!(rows(&book, query(CostGroup::Day)).await, expected);
}

pub async fn calls_are_grouped_by_job_type(book: Book) {
    for (number, job_type) in [(1, "research"), (2, "chat"), (3, "research")] {
        let call = labelled(number, |call| job_type.clone_into(&mut call.labels.job_type));
        spend(&book, &call, 10).await;
    }
    let expected = [row("chat", 1, 10), row("research", 2, 20)];
    assert_eq!(rows(&book, query(CostGroup::JobType)).await, expected);
}

pub async fn calls_are_grouped_by_the_model_that_answered(book: Book) {
    grant(&book, &call(1, 10)).await;
    assert_eq!(rows(&book, query(CostGroup::Model)).await, [row("anthropic/asked", 1, 0)]);
    spend(&book, &call(2, 10), 5).await;
    let elsewhere = labelled(3, |call| "openai".clone_into(&mut call.labels.provider));
    spend(&book, &elsewhere, 7).await;
    let expected = [
        row("anthropic/answered", 1, 5),
        row("anthropic/asked", 1, 0),
        row("openai/answered", 1, 7),
    ];
    assert_eq!(rows(&book, query(CostGroup::Model)).await, expected);
}

pub async fn calls_are_grouped_by_a_tag(book: Book) {
    let tags: [&[(&str, &str)]; 4] =
        [&[("team", "red")], &[("team", "blue"), ("env", "prod")], &[], &[("env", "red")]];
    for (number, tags) in (1..).zip(tags) {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let call = labelled(number, |call| call.labels.tags = tags.collect());
        spend(&book, &call, u64::from(number)).await;
    }
    let by_team = query(CostGroup::Tag("team".to_owned()));
    let expected = [row("", 2, 7), row("blue", 1, 2), row("red", 1, 1)];
    assert_eq!(rows(&book, by_team).await, expected);
    let by_nothing = query(CostGroup::Tag("te".to_owned()));
    assert_eq!(rows(&book, by_nothing).await, [row("", 4, 10)]);
}

pub async fn calls_are_grouped_by_tenant(book: Book) {
    for (number, name) in [(1, "b"), (2, "a"), (3, "B")] {
        let call = labelled(number, |call| call.labels.tenant = tenant(name));
        spend(&book, &call, u64::from(number)).await;
    }
    let expected = [row("B", 1, 3), row("a", 1, 2), row("b", 1, 1)];
    assert_eq!(rows(&book, query(CostGroup::Tenant)).await, expected);
}

pub async fn tenants_do_not_see_each_others_calls(book: Book) {
    spend(&book, &call(1, 10), 5).await;
    let of_others = labelled(2, |call| call.labels.tenant = tenant("other"));
    spend(&book, &of_others, 7).await;
    let of = |name| CostQuery { tenant: Some(tenant(name)), ..query(CostGroup::Tenant) };
    assert_eq!(rows(&book, of("acme")).await, [row("acme", 1, 5)]);
    assert_eq!(rows(&book, of("other")).await, [row("other", 1, 7)]);
    assert_eq!(rows(&book, of("nobody")).await, []);
}

pub async fn a_report_has_a_beginning_and_an_end(book: Book) {
    let hour = |hours| noon().plus(Duration::from_hours(hours));
    for number in 0..4 {
        let call = labelled(number + 1, |call| call.at = hour(u64::from(number)));
        spend(&book, &call, 1).await;
    }
    let calls = async |since: Option<u64>, until: Option<u64>| {
        let (since, until) = (since.map(hour), until.map(hour));
        let query = CostQuery { since, until, ..query(CostGroup::Tenant) };
        rows(&book, query).await.first().map_or(0, |row| row.1)
    };
    assert_eq!(calls(None, None).await, 4);
    assert_eq!(calls(Some(1), None).await, 3);
    assert_eq!(calls(None, Some(1)).await, 1);
    assert_eq!(calls(Some(1), Some(3)).await, 2);
    assert_eq!(calls(Some(2), Some(2)).await, 0);
    assert_eq!(calls(Some(9), None).await, 0);
}

pub async fn nothing_is_reported_of_an_empty_book(book: Book) {
    let groups = [
        CostGroup::Day,
        CostGroup::JobType,
        CostGroup::Model,
        CostGroup::Tag("team".to_owned()),
        CostGroup::Tenant,
    ];
    for by in groups {
        assert_eq!(book.report(&query(by)).await.unwrap(), []);
    }
}

pub async fn a_report_shows_what_is_held_and_unpriced(book: Book) {
    grant(&book, &call(1, 100)).await;
    grant(&book, &Reservation { most: None, ..call(2, 0) }).await;
    spend(&book, &call(3, 100), 40).await;
    let unpriced = Charge { cost: None, ..charge(0) };
    grant(&book, &call(4, 100)).await;
    book.settle(call(4, 100).key, noon(), unpriced).await.unwrap();
    let (mut tokens, more) = (charge(0).tokens, charge(0).tokens);
    tokens += more;
    let expected = CostRow {
        key: "chat".to_owned(),
        calls: 4,
        unpriced_calls: 2,
        spent: money(40),
        held: money(100),
        tokens,
    };
    assert_eq!(book.report(&query(CostGroup::JobType)).await.unwrap(), [expected]);
    let JobCost { calls, unpriced_calls, spent, held, .. } = super::book::cost(&book, own()).await;
    assert_eq!((calls, unpriced_calls, spent, held), (4, 2, money(40), money(100)));
}

pub async fn hostile_names_are_told_apart(book: Book) {
    let mut texts = hostile_texts();
    for (number, text) in (1..).zip(&texts) {
        let call = labelled(number, |call| {
            call.labels.job_type.clone_from(text);
            call.labels.tags = [(text.clone(), text.clone())].into();
            call.labels.model.clone_from(text);
        });
        grant(&book, &call).await;
    }
    texts.sort();
    let keys = async |by| {
        let rows = book.report(&query(by)).await.unwrap();
        assert!(rows.iter().all(|row| row.calls == 1));
        rows.into_iter().map(|row| row.key).collect::<Vec<_>>()
    };
    assert_eq!(keys(CostGroup::JobType).await, texts);
    let models = texts.iter().map(|text| format!("anthropic/{text}"));
    assert_eq!(keys(CostGroup::Model).await, models.collect::<Vec<_>>());
    let quotes = texts.iter().find(|text| text.contains('"')).unwrap();
    let by_tag = book.report(&query(CostGroup::Tag(quotes.clone()))).await.unwrap();
    let with: Vec<_> = by_tag.iter().map(|row| (row.key.as_str(), row.calls)).collect();
    let others = u64::try_from(texts.len() - 1).unwrap();
    assert_eq!(with, [("", others), (quotes, 1)]);
}
