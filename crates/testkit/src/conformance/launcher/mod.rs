//! The rules of [`Launcher`](agent_runner_domain::ports::Launcher).

pub mod adopting;
pub mod launching;
pub mod stopping;
mod subject;

pub use self::subject::{Behaviour, Subject, Workers};

/// Judges a [`Launcher`](agent_runner_domain::ports::Launcher); see [`crate::conformance`]. The expression makes a
/// [`Subject`].
#[macro_export]
macro_rules! launcher_suite {
    ($make:expr) => {
        $crate::__conformance_tests! { launcher, $make,
            launching:
                a_launch_runs_and_its_end_is_told
                how_it_ended_is_evidence
                a_key_is_launched_once
                a_key_is_launched_once_even_after_its_end
                answers_come_in_the_order_of_the_orders
                what_does_not_fit_is_refused_for_want_of_room
                a_freed_slot_is_told
                nothing_waits_longer_than_it_says;
            stopping:
                a_stopped_launch_ends
                a_launch_that_does_not_listen_is_killed
                a_repeated_stop_changes_nothing
                what_is_gone_is_said_to_be_gone
                views_come_in_the_order_of_the_launches;
            adopting:
                an_adopted_launch_takes_a_slot_and_its_end_is_told
                an_adopted_launch_can_be_stopped
                a_launch_that_ended_before_its_adoption_is_told;
        }
    };
}
