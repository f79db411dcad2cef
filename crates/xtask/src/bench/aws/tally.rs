//! What calls of AWS come to, as AWS bills them.

use std::{
    collections::BTreeMap,
    ops::{AddAssign, Sub},
    sync::{Mutex, PoisonError},
};

use serde_json::Value;

use crate::bench::load::as_f64;

/// Calls of one operation and what they consumed.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Spent {
    pub(super) calls: f64,
    /// Of the table: write units for operations that write, read units for the others.
    pub(super) units: f64,
}

/// By operation, such as `DynamoDB Query`.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Tally(pub(super) BTreeMap<String, Spent>);

/// A tally that grows while somebody looks at it now and then.
#[derive(Debug, Default)]
pub(super) struct Meter(Mutex<Tally>);

impl Meter {
    pub(super) fn count(&self, operation: &str, units: f64) {
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *tally.0.entry(operation.to_owned()).or_default() += Spent { calls: 1.0, units };
    }

    /// What came since it was taken last.
    pub(super) fn take(&self) -> Tally {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl AddAssign for Spent {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.units += other.units;
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        for (operation, spent) in other.0 {
            *self.0.entry(operation).or_default() += spent;
        }
    }
}

impl Sub for &Tally {
    type Output = Tally;

    /// Without what is in the other; no less than nothing.
    fn sub(self, other: &Tally) -> Tally {
        let rest = self.0.iter().map(|(operation, spent)| {
            let less = other.0.get(operation).copied().unwrap_or_default();
            let calls = (spent.calls - less.calls).max(0.0);
            (operation.clone(), Spent { calls, units: (spent.units - less.units).max(0.0) })
        });
        Tally(rest.collect())
    }
}

impl Tally {
    pub(super) fn times(&self, factor: f64) -> Self {
        let scaled = self.0.iter().map(|(operation, spent)| {
            let Spent { calls, units } = *spent;
            (operation.clone(), Spent { calls: calls * factor, units: units * factor })
        });
        Self(scaled.collect())
    }

    /// Only operations of which that is true.
    pub(super) fn only(&self, wanted: impl Fn(&str) -> bool) -> Self {
        let kept = self.0.iter().filter(|(operation, _)| wanted(operation));
        Self(kept.map(|(operation, spent)| (operation.clone(), *spent)).collect())
    }

    pub(super) fn calls_of(&self, service: &str) -> f64 {
        self.of(|operation| operation.split(' ').next() == Some(service)).calls
    }

    pub(super) fn write_units(&self) -> f64 {
        self.of(|operation| operation.starts_with("DynamoDB ") && !reads(operation)).units
    }

    pub(super) fn read_units(&self) -> f64 {
        self.of(|operation| operation.starts_with("DynamoDB ") && reads(operation)).units
    }

    fn of(&self, wanted: impl Fn(&str) -> bool) -> Spent {
        let mut sum = Spent::default();
        for (_, spent) in self.0.iter().filter(|(operation, _)| wanted(operation)) {
            sum += *spent;
        }
        sum
    }
}

pub(super) fn reads(operation: &str) -> bool {
    ["Get", "Query", "Scan", "BatchGet", "TransactGet"].iter().any(|verb| operation.contains(verb))
}

/// What a call consumed. The emulator does not say it of `BatchGetItem`, of which each key is read by itself: a unit
/// for an item of up to 4 KB, and half of it where the read need not be consistent.
pub(super) fn units(asked: &Value, answer: &Value) -> f64 {
    let tables = asked["RequestItems"].as_object().into_iter().flatten();
    let batches = tables.filter_map(|(_, table)| Some((table, table["Keys"].as_array()?.len())));
    let batches = batches.map(|(table, keys)| {
        as_f64(keys) * if table["ConsistentRead"] == true { 1.0 } else { 0.5 }
    });
    match answer.get("ConsumedCapacity") {
        Some(capacity) => named(capacity),
        None => batches.sum(),
    }
}

/// The capacity units of one table or of several.
fn named(capacity: &Value) -> f64 {
    let units = |capacity: &Value| capacity["CapacityUnits"].as_f64().unwrap_or_default();
    match capacity {
        Value::Array(tables) => tables.iter().map(units).sum(),
        table => units(table),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn units_are_read_and_written_and_only_in_tables() {
        let meter = Meter::default();
        meter.count(
            "DynamoDB Query",
            units(&Value::Null, &json!({"ConsumedCapacity": {"CapacityUnits": 0.5}})),
        );
        let two = json!({"ConsumedCapacity": [{"CapacityUnits": 4.0}, {"CapacityUnits": 2}]});
        meter.count("DynamoDB TransactWriteItems", units(&Value::Null, &two));
        meter.count("SQS SendMessage", units(&Value::Null, &json!({})));
        let tally = meter.take();
        assert_eq!((tally.write_units(), tally.read_units()), (6.0, 0.5));
        assert_eq!((tally.calls_of("DynamoDB"), tally.calls_of("SQS")), (2.0, 1.0));
        let keys = json!({"RequestItems": {"t": {"Keys": [1, 2, 3], "ConsistentRead": true}}});
        assert!((units(&keys, &json!({"Responses": {}})) - 3.0).abs() < f64::EPSILON);
        let half = tally.times(0.5);
        assert_eq!(&tally - &half, half);
        assert_eq!(meter.take(), Tally::default());
    }
}
