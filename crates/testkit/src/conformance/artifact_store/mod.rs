//! The rules of [`ArtifactStore`].

pub mod content;
pub mod listing;

use agent_runner_domain::{
    JobId,
    ports::{ArtifactKey, ArtifactStore},
};

/// Judges an [`ArtifactStore`]; see [`crate::conformance`].
#[macro_export]
macro_rules! artifact_store_suite {
    ($make:expr) => {
        $crate::__conformance_tests! { artifact_store, $make,
            content:
                a_file_is_read_as_it_was_written
                an_empty_file_is_a_file
                a_file_that_is_not_there_is_none
                a_folder_of_files_is_no_file
                a_later_file_takes_the_place_of_an_earlier
                jobs_and_attempts_share_no_files
                odd_names_are_names
                readers_never_see_half_a_file;
            listing:
                files_are_listed_by_attempt_and_name
                a_job_without_files_has_none
                a_file_that_was_replaced_is_listed_once
                a_url_is_given_or_not;
        }
    };
}

fn key(job: u128, attempt: u32, name: &str) -> ArtifactKey {
    ArtifactKey { job: JobId::from_u128(job), attempt, name: name.parse().unwrap() }
}

async fn put(store: &dyn ArtifactStore, key: &ArtifactKey, content: &[u8]) {
    let info = store.put(key, content.to_vec()).await.unwrap();
    assert_eq!((&info.name, info.attempt), (&key.name, key.attempt));
    assert_eq!(info.bytes, content.len() as u64);
}
