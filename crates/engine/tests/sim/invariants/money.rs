//! Invariant 7: what the provider takes stays within every budget, and the book says it to the nanodollar.

use agent_runner_domain::{
    Day, JobId, Money, TenantId, Timestamp,
    job::Status,
    ports::{
        AccountId, CallKey, CostGroup, CostQuery, JobCost, Ledger, Reservation, Reserved, Shortage,
    },
};
use futures::FutureExt;

use super::{Check, SPEND};
use crate::{
    provider::{Call, Cost, Sum},
    world::World,
};

impl World {
    /// What a call of this job counts on.
    fn accounts_of(&self, job: JobId, at: Timestamp) -> Vec<AccountId> {
        let tenant = TenantId::default_tenant();
        let day = AccountId::TenantDay { tenant, day: Day::of(at) };
        self.line(job).map(AccountId::Job).chain([day]).collect()
    }

    fn limit_of(&self, account: &AccountId) -> Option<Money> {
        match account {
            AccountId::Job(job) => self.book.seen.get(job)?.job.spec.budget,
            AccountId::TenantDay { .. } => self.provider.day_limit,
        }
    }

    /// The book has answered whether a call may be made.
    pub(crate) fn reserved(&mut self, reservation: &Reservation, answer: &Reserved) {
        let Reservation { key, at, most, .. } = reservation;
        let accounts = self.accounts_of(key.job, *at);
        if self.provider.calls.contains_key(key) {
            // Who was granted once is granted again, whatever has become of the limits.
            if *answer != Reserved::Granted {
                self.complain(SPEND, format!("{key:?} was granted, and now: {answer:?}"));
            }
            return;
        }
        if *answer == Reserved::Granted {
            let call = Call { accounts: accounts.clone(), most: *most, made: None, settled: None };
            self.provider.calls.insert(*key, call);
            self.say(|| format!("call {} may be made, for {most:?}", key.call));
        }
        let verdict = self.judge(&accounts, *most, answer).and_then(|()| self.balance(&accounts));
        if let Err(what) = verdict {
            self.complain(SPEND, what);
        }
    }

    /// Whether the answer is right by the count of the checks.
    fn judge(&self, accounts: &[AccountId], most: Option<Money>, answer: &Reserved) -> Check {
        match answer {
            Reserved::Granted => {
                for account in accounts {
                    let Some(limit) = self.limit_of(account) else { continue };
                    let Sum { spent, held, .. } = self.provider.sum(account);
                    if most.is_none() {
                        return Err(format!("{account} has {limit}, the call has no price"));
                    }
                    // A limit that was lowered may be exceeded already; what costs nothing goes on.
                    if most.is_some_and(|most| most > Money::ZERO) && spent + held > limit {
                        return Err(format!("{account} has {limit} for {spent} and {held} held"));
                    }
                }
                Ok(())
            }
            Reserved::Exceeded(Shortage { account, asked, .. }) => {
                let Sum { spent, held, .. } = self.provider.sum(account);
                match self.limit_of(account).filter(|_| accounts.contains(account)) {
                    Some(limit) if spent + held + *asked > limit => Ok(()),
                    limit => Err(format!("refused {asked} although {account} has {limit:?}")),
                }
            }
            Reserved::NoPrice { account } => match (most, self.limit_of(account)) {
                (None, Some(_)) => Ok(()),
                (most, limit) => Err(format!("{most:?} has a price, or {limit:?} is no limit")),
            },
        }
    }

    /// What a call did cost has reached the book.
    pub(crate) fn settled(&mut self, key: CallKey, cost: Option<Money>) {
        let Some(call) = self.provider.calls.get_mut(&key) else {
            return self.complain(SPEND, format!("{key:?} was settled and never granted"));
        };
        call.settled = Some(Cost(cost));
        let (made, accounts) = (call.made, call.accounts.clone());
        if made != Some(Cost(cost)) {
            self.complain(SPEND, format!("{key:?} is settled for {cost:?}, it did cost {made:?}"));
        }
        if let Err(what) = self.balance(&accounts) {
            self.complain(SPEND, what);
        }
    }

    /// A worker has been told that it may make the call. `held`: it had the job when it asked.
    pub(crate) fn check_granted(&mut self, key: CallKey, most: Option<Money>, held: bool) {
        if !held {
            self.complain(SPEND, format!("{key:?} was granted to who had lost the job"));
        }
        let accounts = self.provider.calls.get(&key).map(|call| call.accounts.clone());
        let limited = accounts.into_iter().flatten().find(|it| {
            // The tenant's may have been set since.
            matches!(it, AccountId::Job(_)) && self.limit_of(it).is_some()
        });
        if let (None, Some(account)) = (most, limited) {
            self.complain(SPEND, format!("{account} has a limit, {key:?} has no price"));
        }
    }

    /// The provider takes its money, at most what was said. Returns how much.
    pub(crate) fn make_call(&mut self, key: CallKey, most: Option<Money>) -> Option<Money> {
        let most = most.map(Money::nanodollars);
        let cost = most.map(|most| Money::from_nanodollars(self.rng.u64(..=most)));
        self.say(|| format!("call {} is made and costs {cost:?}", key.call));
        let Some(call) = self.provider.calls.get_mut(&key) else {
            self.complain(SPEND, format!("{key:?} is made and was never granted"));
            return cost;
        };
        if call.made.replace(Cost(cost)).is_some() {
            self.complain(SPEND, format!("{key:?} is made twice"));
        }
        let accounts = self.provider.calls[&key].accounts.clone();
        for account in accounts {
            let taken = self.provider.takes(&account);
            let limit = match account {
                AccountId::Job(_) => self.limit_of(&account),
                AccountId::TenantDay { .. } => self.provider.day_limit_ever,
            };
            if limit.is_some_and(|limit| taken > limit) {
                self.complain(SPEND, format!("{account} has {limit:?}, and {taken} is gone"));
            }
            let JobCost { spent, held, .. } = self.money.sum(&account);
            if spent + held < taken {
                self.complain(SPEND, format!("{account}: {taken} is gone, the book has less"));
            }
        }
        cost
    }

    /// Whether the book says of each account what it should.
    fn balance(&self, accounts: &[AccountId]) -> Check {
        for account in accounts {
            let JobCost { spent, held, calls, .. } = self.money.sum(account);
            let (booked, expected) = (Sum { spent, held, calls }, self.provider.sum(account));
            if booked != expected {
                return Err(format!("{account} should have {expected:?}, the book has {booked:?}"));
            }
            let taken = self.provider.takes(account);
            if spent + held < taken {
                return Err(format!("{account}: {taken} is gone, the book has {booked:?}"));
            }
        }
        Ok(())
    }

    /// A user was told what a job costs. `taken`: what the provider had taken when the user asked.
    pub(crate) fn check_cost(&mut self, job: JobId, told: JobCost, taken: Money) {
        if told.spent + told.held < taken {
            self.complain(SPEND, format!("{job} costs {told:?}, and {taken} is gone"));
        }
    }

    pub(crate) fn taken_for(&self, job: JobId) -> Money {
        self.provider.takes(&AccountId::Job(job))
    }
}

/// A call whose answer was recorded is settled by the attempt that resumes from it, if not before.
pub(super) fn what_succeeded_is_settled(world: &World) -> Check {
    for ((job, name), step) in &world.ledger.steps {
        let succeeded =
            world.book.seen.get(job).is_some_and(|seen| seen.job.status() == Status::Succeeded);
        let settled = world.provider.calls.get(&step.answer.call).and_then(|call| call.settled);
        if succeeded && settled != Some(Cost(step.answer.cost)) {
            return Err(format!("{name:?} of {job} did cost {:?}: {settled:?}", step.answer.cost));
        }
    }
    Ok(())
}

/// Reports count each call once, however many accounts it is in.
pub(super) fn the_report_adds_up(world: &World) -> Check {
    let query = CostQuery { tenant: None, since: None, until: None, by: CostGroup::Day };
    let rows = world.money.report(&query).now_or_never().expect("the fake does not wait");
    let rows = rows.map_err(|error| error.to_string())?;
    let (mut spent, mut held) = (Money::ZERO, Money::ZERO);
    for call in world.provider.calls.values() {
        match call.settled {
            Some(cost) => spent += cost.0.unwrap_or_default(),
            None => held += call.most.unwrap_or_default(),
        }
    }
    let told = (rows.iter().map(|row| row.spent).sum(), rows.iter().map(|row| row.held).sum());
    if told == (spent, held) { Ok(()) } else { Err(format!("{told:?} is not {spent} and {held}")) }
}
