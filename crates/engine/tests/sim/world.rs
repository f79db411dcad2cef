//! The world that one seed makes: its time, its weather, its processes, and what was promised in it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use agent_runner_domain::{
    Money, TenantId, Timestamp,
    ports::{ArtifactKey, Clock, LaunchKey, Ledger as _},
};
use agent_runner_engine::Engine;
use agent_runner_testkit::{FrozenClock, MemoryLedger, MemoryQueue, MemoryStore, SeededIds};
use fastrand::Rng;
use futures::FutureExt;

use crate::{
    invariants::{Book, Violation},
    ledger::Ledger,
    platform::Platform,
    provider::Provider,
    schedule::{ProcessId, Schedule, Topic},
    trace::Trace,
    weather::Weather,
};

pub(crate) type Millis = i64;

/// A handle on the world. All are the same world.
#[derive(Clone)]
pub(crate) struct Sim(Arc<Mutex<World>>);

/// What kind of thing crashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Orchestrator,
    Worker(LaunchKey),
}

pub(crate) struct World {
    pub(crate) now: Millis,
    pub(crate) rng: Rng,
    pub(crate) weather: Weather,
    /// Nothing ever goes wrong here, so everything must be quick and in order.
    pub(crate) fair: bool,
    /// Since when nothing goes wrong any more.
    pub(crate) fair_since: Option<Millis>,
    pub(crate) schedule: Schedule,
    pub(crate) processes: BTreeMap<ProcessId, Kind>,
    pub(crate) doomed: Vec<ProcessId>,
    /// How far each process's clock is off.
    pub(crate) clocks: BTreeMap<ProcessId, Millis>,
    pub(crate) engines: BTreeMap<ProcessId, Engine>,
    pub(crate) platform: Platform,
    pub(crate) artifacts: BTreeMap<ArtifactKey, Vec<u8>>,
    pub(crate) store: MemoryStore,
    pub(crate) queue: MemoryQueue,
    pub(crate) money: MemoryLedger,
    pub(crate) provider: Provider,
    /// Some jobs ask models and start others.
    pub(crate) agents: bool,
    pub(crate) ids: SeededIds,
    pub(crate) ledger: Ledger,
    pub(crate) book: Book,
    pub(crate) violation: Option<Violation>,
    pub(crate) users_busy: usize,
    pub(crate) trace: Trace,
    true_clock: FrozenClock,
}

/// The book of calls and the provider, with or without a limit for the day.
fn treasury(rng: &mut Rng) -> (MemoryLedger, Provider) {
    let limit = (rng.u8(..3) == 0).then(|| Money::from_nanodollars(rng.u64(100..800)));
    let money = MemoryLedger::default();
    let set = money.set_daily_limit(&TenantId::default_tenant(), limit).now_or_never();
    set.expect("the fake does not wait").expect("it does not fail");
    (money, Provider::begin_with(limit))
}

impl Sim {
    pub(crate) fn new(seed: u64, trace: bool) -> Self {
        let mut rng = Rng::with_seed(seed);
        // The default is midnight; some worlds see a day end.
        let before_midnight = Duration::from_millis(rng.u64(0..120_000));
        let midnight = FrozenClock::default().now().as_millis();
        let true_clock =
            FrozenClock::at(Timestamp::from_millis(midnight - millis(before_midnight)));
        let fair = rng.u8(..5) == 0;
        let weather = if fair { Weather::fair() } else { Weather::stormy(&mut rng) };
        let agents = rng.bool();
        let (money, provider) = treasury(&mut rng);
        Self(Arc::new(Mutex::new(World {
            now: true_clock.now().as_millis(),
            weather,
            fair,
            fair_since: None,
            schedule: Schedule::default(),
            processes: BTreeMap::new(),
            doomed: Vec::new(),
            clocks: BTreeMap::new(),
            engines: BTreeMap::new(),
            platform: Platform::new(rng.usize(1..5), rng.bool()),
            artifacts: BTreeMap::new(),
            store: MemoryStore::default(),
            queue: MemoryQueue::new(Arc::new(true_clock.clone())),
            money,
            provider,
            agents,
            ids: SeededIds::new(rng.u64(..)),
            ledger: Ledger::default(),
            book: Book::default(),
            violation: None,
            users_busy: 0,
            trace: Trace::new(trace, true_clock.now()),
            true_clock,
            rng,
        })))
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number from `range`, as the seed has it.
    pub(crate) fn pick(&self, range: std::ops::Range<i64>) -> i64 {
        self.world().rng.i64(range)
    }

    pub(crate) fn chance(&self, chance: f64) -> bool {
        self.world().chance(chance)
    }

    /// Lets others go on, for this long at least.
    pub(crate) async fn sleep(&self, millis: Millis) {
        self.suspend(millis, None).await;
    }

    /// Sleeps until the bell rings, or for as long at most. Says whether it rang.
    pub(crate) async fn idle(&self, topic: Topic, millis: Millis) -> bool {
        self.suspend(millis, Some(topic)).await;
        self.world().schedule.was_rung()
    }

    async fn suspend(&self, millis: Millis, topic: Option<Topic>) {
        let mut slept = false;
        std::future::poll_fn(|_| {
            if slept {
                return Poll::Ready(());
            }
            slept = true;
            let mut world = self.world();
            let until = world.now.saturating_add(millis);
            world.schedule.sleep(until, topic);
            Poll::Pending
        })
        .await;
    }

    pub(crate) fn spawn(
        &self,
        process: ProcessId,
        name: impl Into<String>,
        future: impl Future<Output = ()> + Send + 'static,
    ) {
        let mut world = self.world();
        let at = world.now + world.rng.i64(0..20);
        world.schedule.spawn(process, name.into(), at, Box::pin(future));
    }

    pub(crate) fn say(&self, text: impl FnOnce() -> String) {
        self.world().say(text);
    }

    /// Something was seen that must never be.
    pub(crate) fn complain(&self, invariant: &'static str, what: impl Into<String>) {
        self.world().complain(invariant, what.into());
    }

    /// The time as this process believes it to be.
    pub(crate) fn clock(&self, process: ProcessId) -> SkewedClock {
        SkewedClock { sim: self.clone(), process }
    }
}

impl World {
    pub(crate) fn chance(&mut self, chance: f64) -> bool {
        chance > 0.0 && self.rng.f64() < chance
    }

    pub(crate) fn new_process(&mut self, kind: Kind) -> ProcessId {
        let process = self.schedule.new_process();
        self.processes.insert(process, kind);
        let skew = if self.is_fair() { 0 } else { self.rng.i64(-2_000..2_000) };
        self.clocks.insert(process, skew);
        process
    }

    pub(crate) fn is_fair(&self) -> bool {
        self.fair || self.fair_since.is_some()
    }

    /// From now on nothing goes wrong.
    pub(crate) fn clear_up(&mut self) {
        self.say(|| "the weather clears up".to_owned());
        self.weather = Weather::fair();
        self.fair_since = Some(self.now);
        for skew in self.clocks.values_mut() {
            *skew = 0;
        }
    }

    pub(crate) fn advance_to(&mut self, now: Millis) {
        self.now = now;
        self.true_clock.set(Timestamp::from_millis(now));
    }

    pub(crate) fn ring(&mut self, topic: Topic) {
        self.schedule.ring(topic, self.now, &mut self.rng);
    }

    pub(crate) fn ring_when_due(&mut self, at: Timestamp) {
        let at = at.as_millis().max(self.now);
        self.schedule.ring(Topic::Due, at, &mut self.rng);
    }

    pub(crate) fn say(&mut self, text: impl FnOnce() -> String) {
        if self.trace.is_on() {
            let text = text();
            self.trace.print(self.now, self.schedule.current_name(), &text);
        }
    }

    pub(crate) fn complain(&mut self, invariant: &'static str, what: String) {
        self.say(|| format!("VIOLATION of {invariant}: {what}"));
        self.violation.get_or_insert(Violation { invariant, what });
    }
}

/// The clock of one process.
pub(crate) struct SkewedClock {
    sim: Sim,
    process: ProcessId,
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        let world = self.sim.world();
        let skew = world.clocks.get(&self.process).copied().unwrap_or(0);
        Timestamp::from_millis(world.now + skew)
    }
}

pub(crate) fn millis(duration: Duration) -> Millis {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
