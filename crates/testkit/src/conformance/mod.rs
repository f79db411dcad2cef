//! What the ports' documentation promises, as one function per promise.
//!
//! A suite's macro makes each of them a test of its own, so that a report names the broken promise:
//!
//! ```text
//! job_store_suite!(MyStore::open().await);
//! ```
//!
//! The expression makes the adapter for one test, in an `Arc`, together with whatever must outlive the test (a
//! temporary folder, `()`).

#![expect(
    clippy::unwrap_used,
    reason = "a rule is the body of a test: where it panics, the promise is broken"
)]

pub mod artifact_store;
pub mod job_store;
pub mod launcher;
pub mod ledger;
pub mod secret_source;
pub mod work_queue;

/// Makes each named rule of a suite a test.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_tests {
    ($suite:ident, $make:expr, $($topic:ident: $($rule:ident)+;)+) => {$($(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $rule() {
            let (subject, _kept) = $make;
            $crate::conformance::$suite::$topic::$rule(subject).await;
        }
    )+)+};
}
