//! The rules of [`JobStore`](agent_runner_domain::ports::JobStore).

pub mod children;
pub mod commit;
pub mod due;
pub mod events;
pub mod insert;
pub mod list;
pub mod read;
pub mod recording;
mod steps;

/// Judges a [`JobStore`](agent_runner_domain::ports::JobStore); see [`crate::conformance`].
#[macro_export]
macro_rules! job_store_suite {
    ($make:expr) => {
        $crate::__conformance_tests! { job_store, $make,
            insert:
                a_new_job_is_found_whole
                answers_come_in_the_given_order
                inserting_nothing_answers_nothing
                the_log_is_numbered_from_one
                a_repeated_insert_answers_as_the_first_did
                a_repeated_insert_brings_no_moved_job_back
                a_key_finds_the_job_that_it_made
                a_key_with_another_body_is_taken
                a_refused_job_leaves_nothing
                keys_of_different_tenants_never_meet
                two_jobs_with_one_key_in_one_call_behave_like_two_calls
                a_repeated_keyed_insert_answers_as_the_first_did
                a_race_for_a_key_has_one_winner
                a_dependency_is_marked_with_a_new_version
                a_final_dependency_is_marked_too
                each_further_dependent_moves_the_version
                a_dependency_may_be_stored_in_the_same_call
                a_repeated_dependent_is_not_counted_twice
                a_dependency_that_ends_meanwhile_does_not_overlook_its_dependent
                hostile_texts_come_back_unchanged;
            children:
                a_child_is_stored_under_the_lease_of_its_parent
                who_has_lost_the_parent_stores_nothing_for_it
                a_stored_child_needs_no_lease_any_more
                a_parent_that_is_cancelled_meanwhile_overlooks_no_child
                whoever_has_not_ended_may_be_given_a_child
                who_has_ended_is_given_no_child;
            read:
                an_unknown_job_is_no_error
                many_are_loaded_in_the_given_order
                a_payload_of_five_megabytes_comes_back
                a_result_of_five_megabytes_comes_back
                documents_come_back_byte_for_byte
                dependents_are_sorted_and_paged
                counts_follow_every_change
                a_working_store_says_so;
            commit:
                a_step_is_stored_with_its_log
                commit_loses_to_newer_version
                commit_of_an_unknown_job_is_missing
                refused_steps_do_not_touch_the_others
                two_steps_of_one_job_in_one_call_are_taken_in_turn
                a_repeated_commit_is_stale_and_stores_nothing
                a_result_is_stored_with_the_step_that_accepts_it
                a_later_step_keeps_the_result
                a_race_for_a_job_has_one_winner
                a_whole_life_comes_back_as_it_was
                a_member_of_a_family_comes_back_as_it_was
                the_version_changes_with_every_step;
            due:
                the_most_overdue_comes_first
                a_job_is_due_at_its_time_and_not_before
                what_is_due_is_bounded
                a_step_moves_the_time
                a_final_job_without_chores_is_never_due
                the_next_time_is_the_earliest_of_all;
            list:
                the_newest_comes_first
                every_filter_restricts
                filters_restrict_together
                tenants_do_not_see_each_other
                a_status_filter_follows_the_job
                pages_join_without_gaps_or_repetitions
                paging_is_not_disturbed_by_new_jobs
                an_exact_last_page_has_no_next
                since_finds_jobs_created_at_that_moment_or_later
                since_is_not_misled_by_clocks_that_jump
                hostile_filters_find_only_what_equals_them;
            events:
                events_are_numbered_without_gaps
                appending_needs_the_lease
                an_old_lease_appends_nothing
                a_repeated_append_stores_nothing_twice
                an_overlapping_append_stores_only_what_is_new
                each_attempt_counts_its_own_events
                appending_does_not_change_the_job
                events_are_paged_by_number
                events_of_an_unknown_job_are_none
                concurrent_appends_and_steps_leave_no_gap
                every_kind_of_event_comes_back;
            recording:
                steps_come_in_the_order_of_recording
                the_first_value_of_a_key_stays
                recording_needs_the_lease
                steps_survive_the_attempt
                steps_survive_the_end_and_a_retry
                recording_does_not_change_the_job
                steps_of_different_jobs_never_meet
                a_step_of_eight_megabytes_comes_back
                steps_come_back_byte_for_byte
                hostile_keys_are_told_apart
                a_race_for_a_step_has_one_winner;
        }
    };
}
