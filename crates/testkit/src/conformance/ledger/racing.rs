//! Rules of what many do at once.

use agent_runner_domain::{
    JobId,
    ports::{CallKey, Reservation, Reserved},
};

use super::book::{
    Book, call, call_of, charge, cost, day_sums, grant, money, noon, of_day, of_job, own, sums,
    tenant,
};

const RACERS: u32 = 64;

/// Asks for all at the same time; how many were granted.
async fn race(book: &Book, calls: impl Iterator<Item = Reservation>) -> usize {
    let ask = |reservation| {
        let book = book.clone();
        tokio::spawn(async move { book.reserve(reservation).await.unwrap() })
    };
    let racing: Vec<_> = calls.map(ask).collect();
    let mut granted = 0;
    for racer in racing {
        granted += usize::from(racer.await.unwrap() == Reserved::Granted);
    }
    granted
}

pub async fn who_races_for_an_account_never_exceeds_its_limit(book: Book) {
    let root = JobId::from_u128(1_000);
    let child = |number: u32| {
        let child = call_of(u128::from(number), 1, 10);
        let accounts = vec![child.accounts[0].clone(), of_job(root, Some(105))];
        Reservation { accounts, ..child }
    };
    assert_eq!(race(&book, (1..=RACERS).map(child)).await, 10);
    assert_eq!(sums(&book, root).await, (0, 100));
}

pub async fn who_races_for_several_accounts_gets_all_or_none(book: Book) {
    book.set_daily_limit(&tenant("acme"), Some(money(200))).await.unwrap();
    let families = [1_000, 2_000, 3_000].map(JobId::from_u128);
    let child = |number: u32| {
        let family = families[usize::try_from(number).unwrap() % families.len()];
        let child = call_of(u128::from(number), 1, 10);
        let accounts =
            vec![child.accounts[0].clone(), of_job(family, Some(95)), of_day("acme", noon())];
        Reservation { accounts, ..child }
    };
    assert_eq!(race(&book, (1..=RACERS).map(child)).await, 20);
    let mut held = 0;
    for family in families {
        let (_, of_family) = sums(&book, family).await;
        assert!(of_family <= 95, "{of_family}");
        held += of_family;
    }
    assert_eq!((held, day_sums(&book, noon()).await), (200, (0, 200)));
}

pub async fn one_call_asked_many_times_at_once_is_one_call(book: Book) {
    let same = Reservation { accounts: vec![of_job(own(), Some(15))], ..call(1, 10) };
    let times = usize::try_from(RACERS).unwrap();
    assert_eq!(race(&book, std::iter::repeat_n(same, times)).await, times);
    assert_eq!(sums(&book, own()).await, (0, 10));
}

pub async fn settling_at_the_same_time_books_every_call(book: Book) {
    for number in 1..=RACERS {
        grant(&book, &call(number, 100)).await;
    }
    let settle = |number| {
        let book = book.clone();
        let key = CallKey { job: own(), attempt: 1, call: number };
        tokio::spawn(async move { book.settle(key, noon(), charge(7)).await.unwrap() })
    };
    let settling: Vec<_> = (1..=RACERS).chain(1..=RACERS).map(settle).collect();
    for settled in settling {
        settled.await.unwrap();
    }
    assert_eq!(sums(&book, own()).await, (u64::from(RACERS) * 7, 0));
    assert_eq!(day_sums(&book, noon()).await, (u64::from(RACERS) * 7, 0));
    assert_eq!(cost(&book, own()).await.tokens.input, u64::from(RACERS) * 10);
}
