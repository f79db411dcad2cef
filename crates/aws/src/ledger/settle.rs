//! Booking what a call did cost.

use agent_runner_domain::{
    Timestamp,
    ports::{CallKey, Charge, JobCost},
};

use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    DynamoLedger, book, keys,
    reserve::{ACCOUNTS, SETTLED},
    sums,
};
use crate::{
    fault::{Fault, Trouble},
    journal,
    table::{Action, Expression, Item, Key, Transacted, number, read_number, read_text, text},
};

/// How often a call is looked at again that somebody else settled meanwhile.
const TRIES_MAX: u32 = 8;

/// A granted call as it was found.
struct Granted {
    key: Key,
    /// How often it was settled before.
    settled: u64,
    cost: JobCost,
    /// The model of the last charge.
    model: Option<String>,
    accounts: Vec<Key>,
    entry: Key,
}

impl DynamoLedger {
    pub(super) async fn settle_call(
        &self,
        key: CallKey,
        at: Timestamp,
        charge: &Charge,
    ) -> Result<(), Fault> {
        let place = keys::call(key);
        for _ in 0..TRIES_MAX {
            let Some(found) = self.table.get(&place, &[]).await? else {
                return Ok(());
            };
            let granted = self.granted(&place, &found)?;
            if granted.has(charge) {
                return Ok(());
            }
            if let Transacted::Done = self.transact(&granted.actions(at, charge)).await? {
                journal::settled(key, charge, granted.cost.spent);
                return Ok(());
            }
        }
        let Key { pk, sk } = place;
        let text = format!("{pk}/{sk} of the ledger is settled by many at once");
        Err(Fault::new(Trouble::Throttled, text))
    }

    fn granted(&self, key: &Key, item: &Item) -> Result<Granted, Fault> {
        Granted::read(key, item).ok_or_else(|| {
            let Key { pk, sk } = key;
            let table = &self.table.name;
            let text =
                format!("the item {pk}/{sk} of the table `{table}` is no call of the ledger");
            Fault::new(Trouble::Refused, text)
        })
    }
}

impl Granted {
    fn read(key: &Key, item: &Item) -> Option<Self> {
        let accounts = item.get(ACCOUNTS)?.as_l().ok()?;
        Some(Self {
            key: key.clone(),
            settled: read_number(item, SETTLED)?,
            cost: sums::read(item),
            model: read_text(item, book::MODEL).map(str::to_owned),
            accounts: accounts.iter().map(place).collect::<Option<_>>()?,
            entry: place(item.get(book::PLACE)?)?,
        })
    }

    /// The charge is booked: settling it again changes nothing.
    fn has(&self, charge: &Charge) -> bool {
        self.model.as_ref() == Some(&charge.model) && self.cost == JobCost::charged(charge)
    }

    /// In one step, unless somebody settled it since it was read.
    fn actions(&self, at: Timestamp, charge: &Charge) -> Vec<Action> {
        let cost = JobCost::charged(charge);
        let numbers = sums::set(&cost, Expression::default()).set(book::MODEL, text(&charge.model));
        let call = numbers
            .clone()
            .set(SETTLED, number(self.settled + 1))
            .set("settled_at", number(at.as_millis()))
            .only_if(SETTLED, "=", number(self.settled));
        let mut actions = vec![
            Action::Update(self.key.clone(), call),
            Action::Update(self.entry.clone(), numbers),
        ];
        if let Some(change) = sums::replace(&self.cost, &cost) {
            let update = |account: &Key| Action::Update(account.clone(), change.clone());
            actions.extend(self.accounts.iter().map(update));
        }
        actions
    }
}

/// A key that is part of an item.
fn place(value: &AttributeValue) -> Option<Key> {
    Key::of(value.as_m().ok()?)
}
