//! The rules of [`Ledger`](agent_runner_domain::ports::Ledger).

mod book;
pub mod limits;
pub mod racing;
pub mod report;
pub mod reserve;
pub mod settle;

/// Judges a [`Ledger`](agent_runner_domain::ports::Ledger); see [`crate::conformance`].
#[macro_export]
macro_rules! ledger_suite {
    ($make:expr) => {
        $crate::__conformance_tests! { ledger, $make,
            reserve:
                a_call_is_held_in_all_its_accounts
                without_a_limit_every_call_is_granted
                what_fits_exactly_is_granted_and_a_billionth_more_is_not
                a_shortage_says_what_the_account_holds
                the_first_account_without_room_is_the_answer
                a_refusal_leaves_no_trace
                a_refused_call_may_be_asked_again
                a_repeated_call_is_granted_again_and_counted_once
                a_settled_call_is_granted_again
                attempts_and_jobs_have_calls_of_their_own
                a_call_that_costs_nothing_always_has_room
                a_model_without_a_price_has_no_room_under_a_limit
                a_model_without_a_price_is_granted_where_nothing_limits
                the_largest_amounts_do_not_wrap;
            limits:
                no_tenant_has_a_limit_at_first
                a_limit_can_be_set_changed_and_lifted
                limits_are_listed_by_tenant
                a_daily_limit_is_for_one_tenant_and_one_day
                a_daily_limit_counts_what_was_spent_before_it
                a_daily_limit_needs_a_price
                a_limit_of_nothing_lets_only_free_calls_pass
                the_smaller_of_two_limits_counts;
            settle:
                a_smaller_charge_makes_room_again
                a_larger_charge_is_booked_in_full
                settling_twice_is_like_settling_once
                the_last_charge_stays
                an_unpriced_charge_spends_nothing_and_is_counted
                a_call_that_was_never_granted_settles_to_nothing
                a_call_counts_on_the_day_on_which_it_was_reserved
                a_call_that_nobody_settles_stays_held;
            racing:
                who_races_for_an_account_never_exceeds_its_limit
                who_races_for_several_accounts_gets_all_or_none
                one_call_asked_many_times_at_once_is_one_call
                settling_at_the_same_time_books_every_call;
            report:
                costs_come_in_the_given_order
                a_report_counts_each_call_once
                calls_are_grouped_by_day
                calls_are_grouped_by_job_type
                calls_are_grouped_by_the_model_that_answered
                calls_are_grouped_by_a_tag
                calls_are_grouped_by_tenant
                tenants_do_not_see_each_others_calls
                a_report_has_a_beginning_and_an_end
                nothing_is_reported_of_an_empty_book
                a_report_shows_what_is_held_and_unpriced
                hostile_names_are_told_apart;
        }
    };
}
