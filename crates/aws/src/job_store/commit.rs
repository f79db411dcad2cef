//! Steps of stored jobs: one conditional write each.

use std::collections::HashMap;

use agent_runner_domain::{
    JobId,
    job::Status,
    ports::{Commit, CommitError, StoreError, Version},
};
use futures::{StreamExt, stream};

use super::{
    DynamoJobStore, STALE_TRIES_MAX,
    counts::Changes,
    document::WITH_JOB_BYTES_MAX,
    faults::contended,
    item::{self, RESULT, STATE, STATUS, STATUS_BEFORE, VERSION, WRITER, status},
    keys, log,
};
use crate::{
    journal,
    table::{CALLS_MAX, Expression, Written, number, read_number, read_text, text},
};

/// The answer to one step, with the status that it left.
type Answer = Result<(Version, Option<Status>), CommitError>;

pub(super) async fn commit(
    store: &DynamoJobStore,
    commits: Vec<Commit>,
) -> Vec<Result<Version, CommitError>> {
    let asked = commits.len();
    let mut by_job: HashMap<JobId, Vec<(usize, Commit)>> = HashMap::new();
    for (place, commit) in commits.into_iter().enumerate() {
        by_job.entry(commit.step.job.id).or_default().push((place, commit));
    }
    let working = by_job.into_values().map(|commits| in_turn(store, commits));
    let answered = stream::iter(working).buffer_unordered(CALLS_MAX).collect::<Vec<_>>().await;
    let mut changes = Changes::default();
    let mut answers: Vec<_> = std::iter::repeat_with(|| None).take(asked).collect();
    for (place, commit, answer) in answered.into_iter().flatten() {
        answers[place] = Some(answer.map(|(version, before)| {
            changes.moved(&commit.step.job, before);
            journal::stepped(&commit.step);
            version
        }));
    }
    changes.store(store).await;
    answers.into_iter().map(|answer| answer.expect("each step was tried")).collect()
}

/// Steps of one job.
async fn in_turn(
    store: &DynamoJobStore,
    commits: Vec<(usize, Commit)>,
) -> Vec<(usize, Commit, Answer)> {
    let mut answers = Vec::with_capacity(commits.len());
    for (place, commit) in commits {
        let answer = one(store, &commit).await;
        answers.push((place, commit, answer));
    }
    answers
}

async fn one(store: &DynamoJobStore, commit: &Commit) -> Answer {
    let id = commit.step.job.id;
    let version = Version(commit.seen.0 + 1);
    let writer = item::writer();
    let change = change(store, commit, version, &writer).await?;
    for _ in 0..STALE_TRIES_MAX {
        let refused = match store.table.update(&keys::job(id), &change).await {
            Err(fault) => return Err(StoreError::from(fault).into()),
            Ok(Written::Done(before)) => {
                return Ok((version, before.as_ref().and_then(|before| status(before, STATUS))));
            }
            Ok(Written::Refused(None)) => return Err(CommitError::Missing),
            Ok(Written::Refused(Some(job))) => job,
        };
        if read_text(&refused, WRITER) == Some(writer.as_str()) {
            // The write went through, its reply was lost, and the SDK has asked again.
            return Ok((version, status(&refused, STATUS_BEFORE)));
        }
        if read_number(&refused, VERSION) != Some(commit.seen.0) {
            return Err(CommitError::Stale);
        }
        if log::is_full(&refused) {
            log::spill(store, id, &refused).await?;
        }
    }
    Err(CommitError::Store(contended(id)))
}

async fn change(
    store: &DynamoJobStore,
    commit: &Commit,
    version: Version,
    writer: &str,
) -> Result<Expression, StoreError> {
    let job = &commit.step.job;
    let documents = store.documents(job.id);
    let (state, _) = item::parts(job);
    let mut change = Expression::default()
        .only_if(VERSION, "=", number(commit.seen.0))
        .set(VERSION, number(version.0))
        .set(STATE, item::state(documents, state).await?)
        .set(WRITER, text(writer))
        .copy(STATUS_BEFORE, STATUS);
    for (attribute, value) in item::following_state(job) {
        change = change.set_or_remove(attribute, value);
    }
    if let Some(result) = &commit.result {
        let result = documents.store(RESULT, result.get().to_owned(), WITH_JOB_BYTES_MAX).await?;
        change = change.set(RESULT, result);
    }
    let entries = log::entries(documents, &commit.step.log).await?;
    Ok(log::extended(change, &entries))
}
