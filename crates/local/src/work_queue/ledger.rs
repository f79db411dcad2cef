//! Who has received which ready job. The database has the line itself, in the index on `jobs.rank`; this is
//! what only a running server knows.
//!
//! The one rule that all of it keeps: **a job that is ready and held by nobody either stands beyond `seen`, or
//! is in `behind` or `meanwhile`**. So a receiver walks the index from `seen` on and never passes the thousands
//! that others hold. The writer tells every change of rank after its commit, in the order of the commits. A look
//! at the index may be older than such news; therefore news that comes during a look is kept in `meanwhile`.
//! What is in `behind` may be out of date and is looked up before it is delivered.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use agent_runner_domain::{
    JobId, Timestamp,
    ports::{Receipt, WorkQueue},
};

/// When `behind` has more than this, it is given up and the index is walked from its smallest on again.
const BEHIND_MAX: usize = 4_096;

/// A ready job's place: its rank, then its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) rank: i64,
    pub(crate) n: i64,
}

/// A job has come to this place, or is no longer ready.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Move {
    pub(crate) job: JobId,
    pub(crate) place: Option<Place>,
}

/// A ready job as the index has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ready {
    pub(crate) place: Place,
    pub(crate) job: JobId,
}

/// What a receiver is to read: which of these are still in their place, and which ones follow `after`.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) behind: Vec<Ready>,
    pub(crate) after: Place,
}

/// What it has read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    pub(crate) behind: Vec<Ready>,
    pub(crate) following: Vec<Ready>,
}

#[derive(Debug)]
pub(crate) struct Ledger {
    seen: Place,
    behind: BTreeSet<Ready>,
    /// News since the look that is under way began.
    meanwhile: Option<Vec<Ready>>,
    held: HashMap<JobId, Hold>,
    /// The holds, oldest first.
    deliveries: BTreeMap<u64, JobId>,
    delivered: u64,
}

#[derive(Debug)]
struct Hold {
    delivery: u64,
    since: Timestamp,
    /// Where the job stands as far as is known; `None` once it has left the line.
    place: Option<Place>,
    /// Nobody works on it any more, and it has not left the line: a claim that failed. It comes back when it
    /// is sent again or the hold is over.
    acknowledged: bool,
    /// It came into line or was sent since it was delivered.
    again: bool,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            seen: Place { rank: i64::MIN, n: i64::MIN },
            behind: BTreeSet::new(),
            meanwhile: None,
            held: HashMap::new(),
            deliveries: BTreeMap::new(),
            delivered: 0,
        }
    }
}

/// News. What answers a `bool` says whether those who wait should look.
impl Ledger {
    pub(crate) fn changed(&mut self, Move { job, place }: Move) -> bool {
        let Some(hold) = self.held.get_mut(&job) else {
            return place.is_some_and(|place| self.stands(Ready { place, job }));
        };
        hold.place = place;
        hold.again = place.is_some();
        if hold.acknowledged {
            return self.let_go(job);
        }
        if let (Some(place), Some(meanwhile)) = (place, &mut self.meanwhile) {
            // The look may still show the old place, and would set it.
            meanwhile.push(Ready { place, job });
        }
        false
    }

    pub(crate) fn sent(&mut self, job: JobId) -> bool {
        match self.held.get_mut(&job) {
            None => true,
            Some(hold) if hold.acknowledged => self.let_go(job),
            Some(hold) => {
                hold.again = true;
                false
            }
        }
    }

    pub(crate) fn acknowledge(&mut self, receipt: &Receipt) -> bool {
        let Some(hold) = self.hold_of(receipt) else {
            return false;
        };
        hold.acknowledged = true;
        let over = hold.again || hold.place.is_none();
        over && self.let_go(receipt.job)
    }

    pub(crate) fn release(&mut self, receipt: &Receipt) -> bool {
        self.hold_of(receipt).is_some() && self.let_go(receipt.job)
    }

    fn hold_of(&mut self, receipt: &Receipt) -> Option<&mut Hold> {
        let delivery: u64 = receipt.handle.parse().ok()?;
        let hold = self.held.get_mut(&receipt.job)?;
        (hold.delivery == delivery).then_some(hold)
    }

    fn let_go(&mut self, job: JobId) -> bool {
        let Some(hold) = self.held.remove(&job) else {
            return false;
        };
        self.deliveries.remove(&hold.delivery);
        hold.place.is_some_and(|place| self.stands(Ready { place, job }))
    }

    /// A job stands in line and nobody holds it.
    fn stands(&mut self, ready: Ready) -> bool {
        match &mut self.meanwhile {
            Some(meanwhile) => meanwhile.push(ready),
            None if ready.place <= self.seen => {
                self.behind.insert(ready);
            }
            None => {}
        }
        true
    }
}

/// Looks.
impl Ledger {
    /// Ends the holds that are over; answers when the next one is.
    pub(crate) fn end_holds(&mut self, now: Timestamp) -> Option<Timestamp> {
        while let Some((_, job)) = self.deliveries.first_key_value() {
            let job = *job;
            let since = self.held.get(&job).map_or(Timestamp::MAX, |hold| hold.since);
            let end = since.plus(<dyn WorkQueue>::HOLD);
            // A hold that began in the future began before the clock was set back.
            if end > now && since <= now {
                return Some(end);
            }
            self.let_go(job);
        }
        None
    }

    /// A look that is not ended (its receiver went away) is ended by the next one.
    pub(crate) fn begin_look(&mut self, max: usize) -> Look {
        self.behind.extend(self.meanwhile.take().into_iter().flatten());
        if self.behind.len() > BEHIND_MAX {
            self.walk_again();
        }
        self.meanwhile = Some(Vec::new());
        Look { behind: self.behind.iter().take(max).copied().collect(), after: self.seen }
    }

    /// Delivers up to `max` of what was found, first in line first.
    pub(crate) fn end_look(
        &mut self,
        look: &Look,
        found: &Found,
        max: usize,
        now: Timestamp,
    ) -> Vec<Receipt> {
        let still: BTreeSet<_> = found.behind.iter().collect();
        for stale in look.behind.iter().filter(|ready| !still.contains(ready)) {
            self.behind.remove(stale);
        }
        let following = found.following.iter().map(|ready| (*ready, true));
        let mut line: BTreeMap<_, _> = found.behind.iter().map(|ready| (*ready, false)).collect();
        line.extend(following);
        let mut receipts = Vec::new();
        for (ready, follows) in line {
            if receipts.len() == max {
                break;
            }
            self.behind.remove(&ready);
            if follows {
                self.seen = self.seen.max(ready.place);
            }
            receipts.extend(self.deliver(ready, now));
        }
        self.behind.extend(self.meanwhile.take().into_iter().flatten());
        receipts
    }

    fn deliver(&mut self, ready: Ready, now: Timestamp) -> Option<Receipt> {
        if let Some(hold) = self.held.get_mut(&ready.job) {
            hold.again |= hold.place != Some(ready.place);
            hold.place = Some(ready.place);
            return None;
        }
        self.delivered += 1;
        let hold = Hold {
            delivery: self.delivered,
            since: now,
            place: Some(ready.place),
            acknowledged: false,
            again: false,
        };
        self.held.insert(ready.job, hold);
        self.deliveries.insert(self.delivered, ready.job);
        Some(Receipt { job: ready.job, handle: self.delivered.to_string() })
    }

    fn walk_again(&mut self) {
        if let Some(Ready { place, .. }) = self.behind.pop_first() {
            self.behind.clear();
            self.seen = Place { n: place.n - 1, ..place };
        }
    }
}
