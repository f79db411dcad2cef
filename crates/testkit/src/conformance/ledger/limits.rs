//! Rules of tenants' daily limits.

use std::time::Duration;

use agent_runner_domain::{
    Day,
    ports::{Account, AccountId, Reservation, Reserved, Shortage},
};

use super::book::{
    Book, call, day_sums, exceeds, grant, money, noon, of_day, of_job, own, spend, tenant,
};

pub async fn no_tenant_has_a_limit_at_first(book: Book) {
    assert_eq!(book.daily_limit(&tenant("acme")).await.unwrap(), None);
    assert_eq!(book.daily_limits().await.unwrap(), []);
}

pub async fn a_limit_can_be_set_changed_and_lifted(book: Book) {
    let acme = tenant("acme");
    for limit in [Some(money(100)), Some(money(100)), Some(money(5)), None, None, Some(money(0))] {
        book.set_daily_limit(&acme, limit).await.unwrap();
        assert_eq!(book.daily_limit(&acme).await.unwrap(), limit);
    }
    book.set_daily_limit(&acme, Some(money(5))).await.unwrap();
    assert!(exceeds(&book, &call(1, 6)).await);
    book.set_daily_limit(&acme, None).await.unwrap();
    grant(&book, &call(1, 6)).await;
}

pub async fn limits_are_listed_by_tenant(book: Book) {
    for (name, limit) in [("b", 2), ("a", 1), ("B", 3), ("c", 4)] {
        book.set_daily_limit(&tenant(name), Some(money(limit))).await.unwrap();
    }
    book.set_daily_limit(&tenant("c"), None).await.unwrap();
    let expected = [("B", 3), ("a", 1), ("b", 2)].map(|(name, limit)| (tenant(name), money(limit)));
    assert_eq!(book.daily_limits().await.unwrap(), expected);
}

pub async fn a_daily_limit_is_for_one_tenant_and_one_day(book: Book) {
    book.set_daily_limit(&tenant("acme"), Some(money(100))).await.unwrap();
    grant(&book, &call(1, 100)).await;
    let answer = book.reserve(call(2, 1)).await.unwrap();
    let account = of_day("acme", noon()).id;
    let (limit, held) = (money(100), money(100));
    let shortage = Shortage { account, limit, spent: money(0), held, asked: money(1) };
    assert_eq!(answer, Reserved::Exceeded(shortage));
    let others = Reservation { accounts: vec![of_day("acme2", noon())], ..call(3, 1_000) };
    grant(&book, &others).await;
    let tomorrow = noon().plus(Duration::from_hours(12));
    let later =
        Reservation { at: tomorrow, accounts: vec![of_day("acme", tomorrow)], ..call(4, 100) };
    grant(&book, &later).await;
    assert_eq!(day_sums(&book, tomorrow).await, (0, 100));
}

pub async fn a_daily_limit_counts_what_was_spent_before_it(book: Book) {
    spend(&book, &call(1, 50), 40).await;
    book.set_daily_limit(&tenant("acme"), Some(money(60))).await.unwrap();
    assert!(exceeds(&book, &call(2, 21)).await);
    grant(&book, &call(3, 20)).await;
}

pub async fn a_daily_limit_needs_a_price(book: Book) {
    book.set_daily_limit(&tenant("acme"), Some(money(100))).await.unwrap();
    let answer = book.reserve(Reservation { most: None, ..call(1, 0) }).await.unwrap();
    assert_eq!(answer, Reserved::NoPrice { account: of_day("acme", noon()).id });
}

pub async fn a_limit_of_nothing_lets_only_free_calls_pass(book: Book) {
    book.set_daily_limit(&tenant("acme"), Some(money(0))).await.unwrap();
    assert!(exceeds(&book, &call(1, 1)).await);
    grant(&book, &call(2, 0)).await;
}

pub async fn the_smaller_of_two_limits_counts(book: Book) {
    let id = AccountId::TenantDay { tenant: tenant("acme"), day: Day::of(noon()) };
    let under = |number, most, limit| {
        let account = Account { id: id.clone(), limit: Some(money(limit)) };
        let accounts = vec![of_job(own(), None), account];
        Reservation { accounts, ..call(number, most) }
    };
    book.set_daily_limit(&tenant("acme"), Some(money(10))).await.unwrap();
    assert!(exceeds(&book, &under(1, 11, 20)).await);
    assert!(exceeds(&book, &under(2, 6, 5)).await);
    grant(&book, &under(3, 5, 5)).await;
}
