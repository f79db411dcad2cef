//! Rules of `settle`.

use std::time::Duration;

use agent_runner_domain::ports::{CallKey, Charge, JobCost, Reservation, Tokens};

use super::book::{
    Book, call, charge, cost, day_sums, exceeds, grant, limited, money, noon, own, spend, sums,
};

pub async fn a_smaller_charge_makes_room_again(book: Book) {
    spend(&book, &limited(1, 100, 100), 30).await;
    assert_eq!(sums(&book, own()).await, (30, 0));
    assert_eq!(day_sums(&book, noon()).await, (30, 0));
    grant(&book, &limited(2, 70, 100)).await;
    let expected = JobCost {
        spent: money(30),
        held: money(70),
        calls: 2,
        unpriced_calls: 0,
        tokens: charge(30).tokens,
    };
    assert_eq!(cost(&book, own()).await, expected);
}

pub async fn a_larger_charge_is_booked_in_full(book: Book) {
    spend(&book, &limited(1, 100, 100), 130).await;
    assert_eq!(sums(&book, own()).await, (130, 0));
    assert!(exceeds(&book, &limited(2, 1, 100)).await);
}

pub async fn settling_twice_is_like_settling_once(book: Book) {
    let first = call(1, 100);
    grant(&book, &call(2, 7)).await;
    spend(&book, &first, 30).await;
    let once = cost(&book, own()).await;
    book.settle(first.key, first.at.plus(Duration::from_hours(1)), charge(30)).await.unwrap();
    assert_eq!(cost(&book, own()).await, once);
    assert_eq!(day_sums(&book, noon()).await, (30, 7));
}

pub async fn the_last_charge_stays(book: Book) {
    let first = call(1, 100);
    spend(&book, &first, 30).await;
    let tokens = Tokens { input: 1, output: 2, cache_read: 0, cache_write: Tokens::COUNT_MAX };
    let corrected = Charge { model: "other".to_owned(), cost: Some(money(50)), tokens };
    let unpriced = Charge { cost: None, ..corrected.clone() };
    for charge in [unpriced, corrected] {
        book.settle(first.key, first.at, charge).await.unwrap();
    }
    let expected =
        JobCost { spent: money(50), held: money(0), calls: 1, unpriced_calls: 0, tokens };
    assert_eq!(cost(&book, own()).await, expected);
}

pub async fn an_unpriced_charge_spends_nothing_and_is_counted(book: Book) {
    let reservation = call(1, 100);
    grant(&book, &reservation).await;
    let unpriced = Charge { cost: None, ..charge(0) };
    book.settle(reservation.key, noon(), unpriced.clone()).await.unwrap();
    let expected =
        JobCost { calls: 1, unpriced_calls: 1, tokens: unpriced.tokens, ..JobCost::default() };
    assert_eq!(cost(&book, own()).await, expected);
    // What had no price before the call may have one after it.
    let priceless = Reservation { most: None, ..call(2, 0) };
    spend(&book, &priceless, 5).await;
    let JobCost { calls, unpriced_calls, spent, .. } = cost(&book, own()).await;
    assert_eq!((calls, unpriced_calls, spent), (2, 1, money(5)));
}

pub async fn a_call_that_was_never_granted_settles_to_nothing(book: Book) {
    let unknown = CallKey { job: own(), attempt: 7, call: 7 };
    book.settle(unknown, noon(), charge(5)).await.unwrap();
    let refused = limited(1, 100, 10);
    assert!(exceeds(&book, &refused).await);
    book.settle(refused.key, noon(), charge(5)).await.unwrap();
    assert_eq!(cost(&book, own()).await, JobCost::default());
    assert_eq!(day_sums(&book, noon()).await, (0, 0));
}

pub async fn a_call_counts_on_the_day_on_which_it_was_reserved(book: Book) {
    let reservation = call(1, 100);
    grant(&book, &reservation).await;
    let tomorrow = noon().plus(Duration::from_hours(24));
    book.settle(reservation.key, tomorrow, charge(30)).await.unwrap();
    assert_eq!(day_sums(&book, noon()).await, (30, 0));
    assert_eq!(day_sums(&book, tomorrow).await, (0, 0));
}

pub async fn a_call_that_nobody_settles_stays_held(book: Book) {
    grant(&book, &limited(1, 60, 100)).await;
    let next = Reservation { at: noon().plus(Duration::from_hours(48)), ..limited(2, 41, 100) };
    assert!(exceeds(&book, &next).await);
    assert_eq!(sums(&book, own()).await, (0, 60));
}
