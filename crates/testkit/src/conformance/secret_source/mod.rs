//! The rules of [`SecretSource`].

pub mod lookup;

use std::sync::Arc;

use agent_runner_domain::ports::SecretSource;

/// A source, and one secret that it has.
pub struct Subject {
    pub source: Arc<dyn SecretSource>,
    pub name: &'static str,
    pub text: &'static str,
}

/// Judges a [`SecretSource`]; see [`crate::conformance`]. The expression
/// makes a [`Subject`].
#[macro_export]
macro_rules! secret_source_suite {
    ($make:expr) => {
        $crate::__conformance_tests! { secret_source, $make,
            lookup:
                a_secret_is_found_by_its_name
                a_secret_that_does_not_exist_is_none
                a_secret_does_not_show_itself;
        }
    };
}
