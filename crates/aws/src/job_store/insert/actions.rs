//! What a transaction does that stores new jobs.

use std::collections::{HashMap, HashSet};

use agent_runner_domain::{
    JobId,
    job::Status,
    ports::{NewJob, StoreError, Under},
};
use aws_sdk_dynamodb::types::AttributeValue;

use super::chunk::is_marked_ahead;
use crate::{
    job_store::{
        DynamoJobStore,
        document::{ALONE_BYTES_MAX, WITH_JOB_BYTES_MAX},
        item::{self, LEASE, MARKED, PAYLOAD, SPEC, STATE, STATUS, VERSION, WRITER},
        keys, log,
        steps::STEPS,
    },
    table::{Action, Expression, Item, Key, PK, number, text},
};

/// A new job, written out.
pub(super) struct Draft {
    pub(super) place: usize,
    pub(super) new: NewJob,
    item: Item,
    /// Dependencies that are not stored, so that they cannot be marked.
    pub(super) missing: HashSet<JobId>,
    /// The dependencies are marked by transactions ahead of the job's own.
    pub(super) ahead: Ahead,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ahead {
    NotNeeded,
    Wanted,
    Done,
}

impl Draft {
    pub(super) async fn of(
        store: &DynamoJobStore,
        place: usize,
        new: NewJob,
    ) -> Result<Self, StoreError> {
        let job = &new.job;
        let documents = store.documents(job.id);
        let (state, spec) = item::parts(job);
        let payload = new.payload.get().to_owned();
        let mut item = keys::job(job.id).item();
        let mut set = |name: &str, value| item.insert(name.to_owned(), value);
        set(STATE, item::state(documents, state).await?);
        set(SPEC, documents.store(SPEC, spec, ALONE_BYTES_MAX).await?);
        set(PAYLOAD, documents.store(PAYLOAD, payload, WITH_JOB_BYTES_MAX).await?);
        set(VERSION, number(1));
        set(WRITER, text(item::writer()));
        for (name, value) in item::following_spec(job) {
            set(name, value);
        }
        for (name, value) in item::following_state(job) {
            if let Some(value) = value {
                set(name, value);
            }
        }
        item.extend(log::begun(&log::entries(documents, &new.log).await?));
        item.insert(STEPS.to_owned(), number(0));
        let ahead = if is_marked_ahead(&new) { Ahead::Wanted } else { Ahead::NotNeeded };
        Ok(Self { place, new, item, missing: HashSet::new(), ahead })
    }

    pub(super) fn key(&self) -> Option<Key> {
        let own = self.new.idempotency.as_ref()?;
        Some(keys::idempotency(&self.new.job.tenant, &own.key))
    }

    /// What the parent has to be, and which that is.
    pub(super) fn parent(&self) -> Option<(JobId, Under)> {
        self.new.job.spec.parent.zip(self.new.under)
    }

    /// It wants a parent and has none: no transaction would check that.
    pub(super) fn names_no_parent(&self) -> bool {
        self.new.under.is_some() && self.new.job.spec.parent.is_none()
    }

    /// Each once.
    pub(super) fn dependencies(&self) -> HashSet<JobId> {
        let all = self.new.job.spec.depends_on.iter().copied();
        all.filter(|id| !self.missing.contains(id)).collect()
    }

    /// The items that belong to it alone, but for the job itself.
    fn own_items(&self) -> impl Iterator<Item = Item> {
        let NewJob { job, idempotency, .. } = &self.new;
        let key = self.key().zip(idempotency.as_ref()).map(|(key, own)| {
            let mut item = key.item();
            item.insert(KEY_OWNER.to_owned(), text(job.id.to_string()));
            item.insert(KEY_FINGERPRINT.to_owned(), text(hex(&own.fingerprint)));
            item
        });
        let id = job.id.to_string();
        let child = job.spec.parent.map(|parent| Key::new(keys::children(parent), &id).item());
        let shard = keys::shard(job.id);
        let tags = job.spec.tags.iter().map(move |(key, value)| {
            Key::new(keys::tag(&job.tenant, key, value, shard), &id).item()
        });
        key.into_iter().chain(child).chain(tags)
    }
}

/// Which job a key has made, and by which body.
pub(super) const KEY_OWNER: &str = "owner";
pub(super) const KEY_FINGERPRINT: &str = "fingerprint";

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a text takes everything");
    }
    text
}

/// The new version makes a step fail that ends a dependency without having seen the mark.
pub(super) fn mark() -> Expression {
    let marked = Expression::default().set(MARKED, AttributeValue::Bool(true));
    marked.add(VERSION, number(1)).only_if_present(PK)
}

fn only_if_parent(expression: Expression, under: Under) -> Expression {
    match under {
        Under::Lease(lease) => expression.only_if(LEASE, "=", text(lease.reveal())),
        Under::Open => {
            let open = Status::ALL.into_iter().filter(|status| !status.is_final());
            expression.only_if_one_of(STATUS, open.map(|status| text(status.as_str())))
        }
    }
}

pub(super) fn of(drafts: &[Draft]) -> Vec<Action> {
    let new: HashSet<_> = drafts.iter().map(|draft| draft.new.job.id).collect();
    let mut marked: HashSet<JobId> = HashSet::new();
    let mut parents: HashMap<JobId, Under> = HashMap::new();
    let mut actions = Vec::new();
    for draft in drafts {
        parents.extend(draft.parent());
        actions.extend(draft.own_items().map(Action::PutNew));
        if draft.ahead == Ahead::NotNeeded {
            for dependency in draft.dependencies() {
                marked.insert(dependency);
                let link = keys::dependent(dependency, draft.new.job.id).item();
                actions.push(Action::PutNew(link));
            }
        }
    }
    actions.extend(drafts.iter().map(|draft| {
        let mut item = draft.item.clone();
        if marked.contains(&draft.new.job.id) {
            item.insert(MARKED.to_owned(), AttributeValue::Bool(true));
            item.insert(VERSION.to_owned(), number(2));
        }
        Action::PutNew(item)
    }));
    let outside = marked.iter().filter(|id| !new.contains(id));
    for id in outside {
        let change = match parents.remove(id) {
            Some(under) => only_if_parent(mark(), under),
            None => mark(),
        };
        actions.push(Action::Update(keys::job(*id), change));
    }
    actions.extend(parents.into_iter().map(|(id, under)| {
        Action::Check(keys::job(id), only_if_parent(Expression::default(), under))
    }));
    actions
}
