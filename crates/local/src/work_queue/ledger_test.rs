//! No order of news, looks and holds makes the ledger forget a ready job.

use std::collections::{BTreeMap, BTreeSet};

use agent_runner_domain::{
    JobId, Timestamp,
    ports::{Receipt, WorkQueue},
};
use proptest::{prelude::*, sample::Index};

use super::ledger::{Found, Ledger, Look, Move, Place, Ready};

#[derive(Debug, Clone, Copy)]
enum Happening {
    /// A job comes into line, or to another place in it: committed now, told later.
    Stands(i64, i64),
    Leaves(i64),
    /// The writer tells the oldest news that it has not told.
    Told,
    LookBegins(usize),
    /// The reader takes its snapshot.
    Reads,
    LookEnds,
    Sent(i64),
    Acknowledged(Index),
    Released(Index),
    Waits(u64),
    ClockSetBack,
}

fn happening() -> impl Strategy<Value = Happening> {
    let job = 0..6_i64;
    prop_oneof![
        4 => (job.clone(), 0..5_i64).prop_map(|(job, rank)| Happening::Stands(job, rank)),
        2 => job.clone().prop_map(Happening::Leaves),
        6 => Just(Happening::Told),
        3 => (1..4_usize).prop_map(Happening::LookBegins),
        3 => Just(Happening::Reads),
        3 => Just(Happening::LookEnds),
        1 => job.prop_map(Happening::Sent),
        2 => any::<Index>().prop_map(Happening::Acknowledged),
        1 => any::<Index>().prop_map(Happening::Released),
        1 => (1..40_u64).prop_map(Happening::Waits),
        1 => Just(Happening::ClockSetBack),
    ]
}

/// A database, its writer and its receivers, reduced to what the ledger sees of them.
struct World {
    ledger: Ledger,
    index: BTreeMap<i64, i64>,
    untold: Vec<Move>,
    look: Option<(Look, usize, Option<Found>)>,
    receipts: Vec<Receipt>,
    now: Timestamp,
}

fn id(job: i64) -> JobId {
    JobId::from_u128(job.unsigned_abs().into())
}

impl World {
    fn new() -> Self {
        Self {
            ledger: Ledger::default(),
            index: BTreeMap::new(),
            untold: Vec::new(),
            look: None,
            receipts: Vec::new(),
            now: Timestamp::from_millis(1_000_000),
        }
    }

    fn line(&self) -> BTreeSet<Ready> {
        let ready =
            |(n, rank): (&i64, &i64)| Ready { place: Place { rank: *rank, n: *n }, job: id(*n) };
        self.index.iter().map(ready).collect()
    }

    fn happens(&mut self, happening: Happening) {
        match happening {
            Happening::Stands(n, rank) => {
                if self.index.insert(n, rank) != Some(rank) {
                    let place = Some(Place { rank, n });
                    self.untold.push(Move { job: id(n), place });
                }
            }
            Happening::Leaves(n) => {
                if self.index.remove(&n).is_some() {
                    let place = None;
                    self.untold.push(Move { job: id(n), place });
                }
            }
            Happening::Told => {
                if !self.untold.is_empty() {
                    self.ledger.changed(self.untold.remove(0));
                }
            }
            Happening::LookBegins(max) => {
                self.ledger.end_holds(self.now);
                self.look = Some((self.ledger.begin_look(max), max, None));
            }
            Happening::Reads => {
                let line = self.line();
                if let Some((look, max, found)) = &mut self.look {
                    *found = Some(read(&line, look, *max));
                }
            }
            Happening::LookEnds => {
                if let Some((look, max, Some(found))) = self.look.take() {
                    self.receipts.extend(self.ledger.end_look(&look, &found, max, self.now));
                }
            }
            Happening::Sent(n) => {
                self.ledger.sent(id(n));
            }
            Happening::Acknowledged(index) if !self.receipts.is_empty() => {
                self.ledger.acknowledge(index.get(&self.receipts));
            }
            Happening::Released(index) if !self.receipts.is_empty() => {
                self.ledger.release(index.get(&self.receipts));
            }
            Happening::Acknowledged(_) | Happening::Released(_) => {}
            Happening::Waits(seconds) => {
                self.now = self.now.plus(std::time::Duration::from_secs(seconds));
            }
            Happening::ClockSetBack => {
                self.now = Timestamp::from_millis(self.now.as_millis() - 100_000);
            }
        }
    }

    /// Everybody goes, all news is told, every hold ends; then one receiver takes what there is.
    fn settle(&mut self) -> BTreeSet<JobId> {
        while !self.untold.is_empty() {
            self.happens(Happening::Told);
        }
        self.now = self.now.plus(<dyn WorkQueue>::HOLD * 10_000);
        self.receipts.clear();
        for _ in 0..30 {
            for step in [Happening::LookBegins(2), Happening::Reads, Happening::LookEnds] {
                self.happens(step);
            }
        }
        self.receipts.iter().map(|receipt| receipt.job).collect()
    }
}

fn read(line: &BTreeSet<Ready>, look: &Look, max: usize) -> Found {
    let follows = |ready: &&Ready| ready.place > look.after;
    Found {
        behind: look.behind.iter().filter(|ready| line.contains(ready)).copied().collect(),
        following: line.iter().filter(follows).take(max).copied().collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn every_ready_job_is_received_in_the_end(
        happenings in proptest::collection::vec(happening(), 0..80),
    ) {
        let mut world = World::new();
        for happening in happenings {
            world.happens(happening);
        }
        let ready: BTreeSet<_> = world.line().iter().map(|ready| ready.job).collect();
        prop_assert_eq!(world.settle(), ready);
    }
}
