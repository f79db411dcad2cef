//! Families: a child exists once per key, is started only by who holds its parent or given to who is not over, and
//! ends with a cancelled ancestor.

use agent_runner_domain::{
    JobId,
    job::{DEPTH_MAX, Status},
    ports::{ChildView, LaunchKey},
};

use agent_runner_engine::jobs::Draft;

use super::{Change, Check, FAMILIES, NOTICE, NOTICE_AFTER_TROUBLES, book::Seen};
use crate::{script::Payload, world::World};

pub(super) fn children_are_started_by_who_holds_their_parent(
    world: &World,
    change: &Change,
) -> Check {
    let spec = &change.after.spec;
    let (None, Some(parent)) = (&change.before, spec.parent) else {
        return Ok(());
    };
    let Some(seen) = world.book.seen.get(&parent) else {
        return Err(format!("its parent {parent} does not exist"));
    };
    let (status, by_user) = (seen.job.status(), spec.parent_attempt == 0);
    if by_user && status.is_final() {
        return Err(format!("a user gives it to {parent}, which is over: {status}"));
    }
    let held = seen.job.state.lease().is_some() && seen.job.attempts == spec.parent_attempt;
    if !by_user && !held {
        return Err(format!("attempt {} of {parent} starts it: {status}", spec.parent_attempt));
    }
    let mut line: Vec<_> = world.line(parent).collect();
    line.reverse();
    if spec.ancestors != line {
        return Err(format!("{line:?} are above it, not {:?}", spec.ancestors));
    }
    if by_user {
        return Ok(());
    }
    let twin = world.book.children.get(&(parent, world.key_of(change.id)));
    twin.map_or(Ok(()), |twin| Err(format!("{twin} has its key already")))
}

/// Whoever descends from a cancelled job is about to end, and somebody keeps that in mind.
pub(super) fn a_cancellation_ends_the_family(world: &World) -> Check {
    let bound = if world.fair { NOTICE } else { NOTICE_AFTER_TROUBLES };
    for (id, since) in &world.book.doomed {
        let kept = world.line(*id).skip(1).filter_map(|above| world.book.seen.get(&above));
        if !kept.into_iter().any(|seen| seen.job.chores.family.is_some()) {
            return Err(format!("nobody is to cancel {id}, which descends from a cancelled job"));
        }
        let since = world.fair_since.map_or(*since, |fair| fair.max(*since));
        if world.is_fair() && world.now - since > bound {
            return Err(format!("{id} goes on, and descends from a cancelled job"));
        }
    }
    Ok(())
}

impl World {
    /// The job, its parent, the parent's parent and so on.
    pub(crate) fn line(&self, job: JobId) -> impl Iterator<Item = JobId> {
        std::iter::successors(Some(job), |id| self.book.seen.get(id)?.job.spec.parent)
    }

    fn key_of(&self, child: JobId) -> String {
        let payload = self.store.inspect(|records| Payload::read(&records[&child].payload));
        payload.key.unwrap_or_default()
    }

    pub(super) fn note_family(&mut self, change: &Change) {
        let job = &change.after;
        let by_worker = job.spec.parent.filter(|_| job.spec.parent_attempt > 0);
        if let (None, Some(parent)) = (&change.before, by_worker) {
            self.book.children.insert((parent, self.key_of(change.id)), change.id);
        }
        if job.status().is_final() {
            self.book.doomed.remove(&change.id);
        }
        if change.ends() && job.status() == Status::Cancelled {
            let open = self.book.seen.iter().filter(|(_, seen)| !seen.job.status().is_final());
            let below =
                open.filter(|(id, _)| self.line(**id).skip(1).any(|above| above == change.id));
            let doomed: Vec<_> = below.map(|(id, _)| *id).collect();
            for id in doomed {
                self.book.doomed.entry(id).or_insert(self.now);
            }
        }
    }

    /// A user was told that the draft's parent takes no children: it has been over, or is the last of a long line.
    pub(crate) fn parent_may_refuse(&self, draft: &Draft) -> bool {
        let seen = draft.spec.parent.and_then(|parent| self.book.seen.get(&parent));
        seen.is_some_and(|Seen { job, .. }| job.ends > 0 || job.spec.ancestors.len() >= DEPTH_MAX)
    }

    /// A worker was told that its order is this child.
    pub(crate) fn check_child(&mut self, parent: LaunchKey, key: &str, child: JobId) {
        let known = self.book.children.get(&(parent.job, key.to_owned())).copied();
        if known != Some(child) {
            self.complain(FAMILIES, format!("{key:?} of {parent:?} is {known:?}, told is {child}"));
        }
        if !self.ledger.accepted.contains(&child) {
            self.ledger.accepted.push(child);
        }
    }

    /// A worker was told how one of its children is.
    pub(crate) fn check_view(&mut self, child: JobId, view: Option<&ChildView>) {
        let Some(view) = view else {
            return self.complain(FAMILIES, format!("{child} is not found by its parent"));
        };
        let stored = self.store.inspect(|records| records.get(&child)?.result.clone());
        let succeeded = view.status == Status::Succeeded;
        if view.job_id != child
            || (succeeded && view.result != stored)
            || (!succeeded && view.result.is_some())
        {
            self.complain(FAMILIES, format!("{child} has the result {stored:?}, told is {view:?}"));
        }
    }
}
