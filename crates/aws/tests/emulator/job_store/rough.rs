//! The rules that lost replies and repeated calls could break, on a network where every fifth call goes wrong and
//! the SDK asks again. Not among them: counts, which are not promised there.

use std::{sync::Arc, time::Duration};

use agent_runner_domain::ports::JobStore;
use agent_runner_testkit::{FaultProxy, Faults};
use aws_config::retry::RetryConfig;

use super::store_at;
use crate::site::Site;

const ROUGH: Faults = Faults {
    delayed: 50,
    delay_max: Duration::from_millis(50),
    reset: 50,
    answer_lost: 100,
    throttled: 30,
    failed: 30,
};

async fn store() -> (Arc<dyn JobStore>, (FaultProxy, Site)) {
    let site = Site::new();
    site.make_table().await;
    site.make_bucket().await;
    let endpoint = site.config.endpoint_url().unwrap();
    let upstream = endpoint.strip_prefix("http://").unwrap().parse().unwrap();
    let proxy = FaultProxy::start(upstream, 7, ROUGH).await;
    let tries = RetryConfig::standard().with_max_attempts(12);
    let tries = tries.with_initial_backoff(Duration::from_millis(10));
    let config = Site::at(&proxy.url()).config.into_builder();
    let config = config.retry_config(tries.with_max_backoff(Duration::from_millis(100))).build();
    let behind = Site { config, names: site.names.clone() };
    (store_at(&behind), (proxy, site))
}

agent_runner_testkit::__conformance_tests! { job_store, store().await,
    insert:
        a_new_job_is_found_whole
        answers_come_in_the_given_order
        a_repeated_insert_answers_as_the_first_did
        a_refused_job_leaves_nothing
        two_jobs_with_one_key_in_one_call_behave_like_two_calls
        a_race_for_a_key_has_one_winner
        each_further_dependent_moves_the_version
        a_dependency_may_be_stored_in_the_same_call
        a_repeated_dependent_is_not_counted_twice
        a_dependency_that_ends_meanwhile_does_not_overlook_its_dependent;
    children:
        a_child_is_stored_under_the_lease_of_its_parent
        who_has_lost_the_parent_stores_nothing_for_it
        a_stored_child_needs_no_lease_any_more
        a_parent_that_is_cancelled_meanwhile_overlooks_no_child;
    commit:
        a_step_is_stored_with_its_log
        refused_steps_do_not_touch_the_others
        two_steps_of_one_job_in_one_call_are_taken_in_turn
        a_result_is_stored_with_the_step_that_accepts_it
        a_race_for_a_job_has_one_winner
        a_whole_life_comes_back_as_it_was;
    due:
        the_most_overdue_comes_first
        a_step_moves_the_time;
    list:
        filters_restrict_together
        pages_join_without_gaps_or_repetitions;
    events:
        events_are_numbered_without_gaps
        a_repeated_append_stores_nothing_twice
        an_overlapping_append_stores_only_what_is_new
        each_attempt_counts_its_own_events
        concurrent_appends_and_steps_leave_no_gap;
    recording:
        the_first_value_of_a_key_stays
        steps_survive_the_attempt
        hostile_keys_are_told_apart
        a_race_for_a_step_has_one_winner;
}
