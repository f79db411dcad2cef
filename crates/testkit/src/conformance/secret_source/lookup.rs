//! Rules of `get`.

use agent_runner_domain::ports::Secret;

use super::Subject;

pub async fn a_secret_is_found_by_its_name(subject: Subject) {
    let found = subject.source.get(subject.name).await.unwrap();
    assert_eq!(found.as_ref().map(Secret::reveal), Some(subject.text));
}

pub async fn a_secret_that_does_not_exist_is_none(subject: Subject) {
    assert_eq!(subject.source.get("agent-runner/no-such-secret").await.unwrap(), None);
    assert_eq!(subject.source.get("").await.unwrap(), None);
}

pub async fn a_secret_does_not_show_itself(subject: Subject) {
    let found = subject.source.get(subject.name).await.unwrap();
    assert!(!format!("{found:?}").contains(subject.text));
}
