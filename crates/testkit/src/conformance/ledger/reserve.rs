//! Rules of `reserve`.

use agent_runner_domain::{
    JobId, Money,
    ports::{AccountId, CallKey, JobCost, Reservation, Reserved, Shortage},
};

use super::book::{
    Book, call, cost, day_sums, exceeds, grant, limited, money, noon, of_day, of_job, own, spend,
    sums,
};

pub async fn a_call_is_held_in_all_its_accounts(book: Book) {
    let (parent, root) = (JobId::from_u128(2), JobId::from_u128(3));
    let accounts = vec![
        of_job(own(), None),
        of_job(parent, None),
        of_job(root, Some(1_000)),
        of_day("acme", noon()),
    ];
    grant(&book, &Reservation { accounts, ..call(1, 70) }).await;
    for job in [own(), parent, root] {
        assert_eq!(sums(&book, job).await, (0, 70));
        assert_eq!(cost(&book, job).await.calls, 1);
    }
    assert_eq!(day_sums(&book, noon()).await, (0, 70));
}

pub async fn without_a_limit_every_call_is_granted(book: Book) {
    for number in 1..=5 {
        grant(&book, &call(number, 1_000_000_000_000)).await;
    }
    assert_eq!(sums(&book, own()).await, (0, 5_000_000_000_000));
}

pub async fn what_fits_exactly_is_granted_and_a_billionth_more_is_not(book: Book) {
    spend(&book, &limited(1, 40, 100), 40).await;
    grant(&book, &limited(2, 30, 100)).await;
    assert!(exceeds(&book, &limited(3, 31, 100)).await);
    grant(&book, &limited(4, 30, 100)).await;
    assert!(exceeds(&book, &limited(5, 1, 100)).await);
    assert_eq!(sums(&book, own()).await, (40, 60));
}

pub async fn a_shortage_says_what_the_account_holds(book: Book) {
    spend(&book, &limited(1, 50, 100), 45).await;
    grant(&book, &limited(2, 20, 100)).await;
    let answer = book.reserve(limited(3, 36, 100)).await.unwrap();
    let expected = Shortage {
        account: AccountId::Job(own()),
        limit: money(100),
        spent: money(45),
        held: money(20),
        asked: money(36),
    };
    assert_eq!(answer, Reserved::Exceeded(expected));
}

pub async fn the_first_account_without_room_is_the_answer(book: Book) {
    let wide = JobId::from_u128(2);
    let (narrow, narrower) = (JobId::from_u128(3), JobId::from_u128(4));
    let accounts = vec![
        of_job(own(), None),
        of_job(wide, Some(1_000)),
        of_job(narrow, Some(10)),
        of_job(narrower, Some(5)),
    ];
    let answer = book.reserve(Reservation { accounts, ..call(1, 11) }).await.unwrap();
    let Reserved::Exceeded(Shortage { account, limit, .. }) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!((account, limit), (AccountId::Job(narrow), money(10)));
}

pub async fn a_refusal_leaves_no_trace(book: Book) {
    let root = JobId::from_u128(2);
    let accounts = vec![of_job(own(), None), of_job(root, Some(10)), of_day("acme", noon())];
    let refused = Reservation { accounts, ..call(1, 11) };
    assert!(exceeds(&book, &refused).await);
    for job in [own(), root] {
        assert_eq!(cost(&book, job).await, JobCost::default());
    }
    assert_eq!(day_sums(&book, noon()).await, (0, 0));
}

pub async fn a_refused_call_may_be_asked_again(book: Book) {
    let first = limited(1, 80, 100);
    grant(&book, &first).await;
    assert!(exceeds(&book, &limited(2, 80, 100)).await);
    book.settle(first.key, first.at, super::book::charge(10)).await.unwrap();
    grant(&book, &limited(2, 80, 100)).await;
    assert_eq!(sums(&book, own()).await, (10, 80));
}

pub async fn a_repeated_call_is_granted_again_and_counted_once(book: Book) {
    grant(&book, &limited(1, 60, 100)).await;
    grant(&book, &limited(1, 60, 100)).await;
    // The first word counts, though the second would not have fitted.
    grant(&book, &limited(1, 600, 100)).await;
    grant(&book, &Reservation { most: None, ..limited(1, 0, 0) }).await;
    assert_eq!(sums(&book, own()).await, (0, 60));
    assert_eq!(cost(&book, own()).await.calls, 1);
}

pub async fn a_settled_call_is_granted_again(book: Book) {
    let first = limited(1, 60, 100);
    spend(&book, &first, 100).await;
    grant(&book, &first).await;
    assert_eq!(sums(&book, own()).await, (100, 0));
}

pub async fn attempts_and_jobs_have_calls_of_their_own(book: Book) {
    let first = call(1, 1);
    let CallKey { job, attempt, call: number } = first.key;
    let keys = [
        first.key,
        CallKey { call: number + 1, ..first.key },
        CallKey { attempt: attempt + 1, ..first.key },
        CallKey { job: JobId::from_u128(job.as_u128() + 1), ..first.key },
    ];
    for key in keys {
        grant(&book, &Reservation { key, ..first.clone() }).await;
    }
    assert_eq!(cost(&book, own()).await.calls, 4);
}

pub async fn a_call_that_costs_nothing_always_has_room(book: Book) {
    spend(&book, &limited(1, 10, 10), 500).await;
    assert!(exceeds(&book, &limited(2, 1, 10)).await);
    grant(&book, &limited(3, 0, 10)).await;
    grant(&book, &limited(4, 0, 0)).await;
    assert_eq!(sums(&book, own()).await, (500, 0));
}

pub async fn a_model_without_a_price_has_no_room_under_a_limit(book: Book) {
    let root = JobId::from_u128(2);
    let accounts = vec![of_job(own(), None), of_job(root, Some(1_000_000)), of_day("acme", noon())];
    let unpriced = Reservation { accounts, most: None, ..call(1, 0) };
    let answer = book.reserve(unpriced).await.unwrap();
    assert_eq!(answer, Reserved::NoPrice { account: AccountId::Job(root) });
    assert_eq!(cost(&book, own()).await, JobCost::default());
}

pub async fn a_model_without_a_price_is_granted_where_nothing_limits(book: Book) {
    grant(&book, &Reservation { most: None, ..call(1, 0) }).await;
    let expected = JobCost { calls: 1, unpriced_calls: 1, ..JobCost::default() };
    assert_eq!(cost(&book, own()).await, expected);
}

pub async fn the_largest_amounts_do_not_wrap(book: Book) {
    let most = Some(Money::MAX);
    for number in 1..=3 {
        grant(&book, &Reservation { most, ..call(number, 0) }).await;
    }
    assert_eq!(cost(&book, own()).await.held, Money::MAX);
    assert!(exceeds(&book, &limited(4, 1, 1_000)).await);
    let query = super::report::query(agent_runner_domain::ports::CostGroup::Day);
    assert_eq!(book.report(&query).await.unwrap()[0].held, Money::MAX);
}
