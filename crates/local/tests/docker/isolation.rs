//! What a container may and may not do, seen from inside; the numbers are attempts of `stand-in/worker.sh`.

use agent_runner_domain::job::Exit;

use crate::site::{LONG, Site, order};

async fn exit_of(attempt: u32) -> Exit {
    let site = Site::new();
    let launcher = site.launcher().await;
    let order = order(attempt);
    launcher.launch(vec![order.clone()]).await.remove(0).unwrap();
    let ended = launcher.ended(LONG).await.unwrap().pop().expect("it ends");
    assert_eq!(ended.key, order.key);
    ended.exit
}

#[tokio::test]
async fn a_worker_has_no_rights_no_network_and_no_place_to_write_but_its_own() {
    let evidence = exit_of(10).await.evidence;
    assert_eq!(evidence.exit_code, Some(0), "{evidence:?}");
}

#[tokio::test]
async fn a_worker_has_its_order_its_link_and_a_folder_for_programs() {
    let evidence = exit_of(11).await.evidence;
    assert_eq!(evidence.exit_code, Some(0), "{evidence:?}");
}

#[tokio::test]
async fn a_worker_that_takes_too_much_memory_is_said_to_have() {
    let exit = exit_of(12).await;
    assert!(exit.out_of_memory, "{exit:?}");
    assert_eq!(exit.evidence.signal, Some(9));
}

#[tokio::test]
async fn a_worker_that_starts_too_many_processes_is_refused_more_and_its_words_are_evidence() {
    let exit = exit_of(13).await;
    assert_ne!(exit.evidence.exit_code, Some(0));
    let tail = exit.evidence.stderr_tail.expect("it complains");
    assert!(tail.contains("fork"), "{tail}");
}
