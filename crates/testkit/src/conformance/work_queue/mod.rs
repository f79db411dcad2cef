//! The rules of [`WorkQueue`](agent_runner_domain::ports::WorkQueue).

pub mod hold;
pub mod order;
pub mod receive;
mod subject;

pub use self::subject::Subject;

/// Judges a [`WorkQueue`](agent_runner_domain::ports::WorkQueue); see [`crate::conformance`]. The expression makes
/// a [`Subject`]: the queue, the store beside it, and the clock of both.
#[macro_export]
macro_rules! work_queue_suite {
    ($make:expr) => {
        $crate::__conformance_tests! { work_queue, $make,
            receive:
                a_sent_job_is_received
                nothing_is_answered_at_once_where_nobody_waits
                nothing_is_answered_after_the_wait
                a_waiting_receiver_is_woken
                every_waiting_receiver_is_woken
                no_more_is_received_than_was_asked_for
                sending_and_acknowledging_nothing_is_fine
                a_job_sent_twice_is_received
                concurrent_receivers_share_the_jobs
                a_receiver_that_goes_away_takes_nothing_along
                a_job_that_becomes_ready_again_is_received_again;
            hold:
                a_held_job_is_nobody_elses
                a_held_job_comes_back_after_the_hold
                a_released_job_comes_back_at_once
                a_release_wakes_a_waiting_receiver
                an_acknowledged_job_is_done_with
                an_acknowledged_job_that_is_sent_again_comes_back
                unknown_handles_are_ignored
                an_old_handle_says_nothing_about_a_new_delivery
                holds_end_when_the_clock_is_set_back;
            order:
                higher_priorities_come_first
                the_oldest_comes_first_within_a_priority
                a_late_job_of_higher_priority_overtakes
                a_job_that_is_moved_in_line_comes_at_its_new_place
                thousands_of_held_jobs_do_not_hide_the_next
                thousands_that_come_back_come_in_order;
        }
    };
}
