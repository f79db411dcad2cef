//! What things cost, and what they may.

use agent_runner_domain::{Day, Money, TenantId};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    Unreadable,
    fields::{Faults, Fields, number},
    schema,
};

/// Dollars, for model calls and for the machines that jobs run on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CostView {
    /// For model calls that have ended.
    pub model_usd: f64,
    /// For machines; 0 where jobs run on the server's own.
    pub compute_usd: f64,
    pub total_usd: f64,
    /// Held back for model calls under way. After the end: for calls whose outcome nobody knows.
    pub held_usd: f64,
    pub calls: u64,
    /// Calls of models without a price, which are in no sum.
    pub unpriced_calls: u64,
    /// Of calls that have ended, priced or not.
    #[serde(default)]
    #[schema(required = true)]
    pub tokens: TokensView,
}

impl CostView {
    /// Of model calls alone.
    #[must_use]
    pub fn of_calls(spent: Money, held: Money, calls: u64, unpriced_calls: u64) -> Self {
        let model_usd = spent.dollars();
        Self {
            model_usd,
            total_usd: model_usd,
            held_usd: held.dollars(),
            calls,
            unpriced_calls,
            ..Self::default()
        }
    }

    #[must_use]
    pub fn with_tokens(self, tokens: TokensView) -> Self {
        Self { tokens, ..self }
    }
}

/// As the providers counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokensView {
    /// Neither read from a cache nor written to one.
    pub input: u64,
    pub output: u64,
    pub cache_read: u64,
    pub cache_write: u64,
}

/// The model calls of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CostRowView {
    /// The day, job type, model, tag's value or tenant; empty for jobs without the tag.
    pub key: String,
    #[serde(flatten)]
    pub cost: CostView,
}

/// Model calls in groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CostReport {
    /// Sorted by their keys.
    pub rows: Vec<CostRowView>,
    /// All of them together.
    pub total: CostView,
}

/// What a tenant may spend a day, and has spent today.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BudgetView {
    #[schema(value_type = String)]
    pub tenant: TenantId,
    /// `null`: as much as it likes.
    #[schema(required = true)]
    pub usd_per_day: Option<f64>,
    #[schema(value_type = schema::Day)]
    pub day: Day,
    pub spent_usd: f64,
    /// For model calls under way, and for such whose outcome nobody knows.
    pub held_usd: f64,
}

/// The budgets of tenants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BudgetList {
    pub budgets: Vec<BudgetView>,
}

/// Says what a tenant may spend a day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetBudget {
    /// Dollars; `null` lifts the limit, 0 stops all model calls that cost anything.
    #[serde(serialize_with = "dollars")]
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1_000_000_000, required = true)]
    pub usd_per_day: Option<Money>,
}

impl SetBudget {
    /// # Errors
    /// [`Unreadable`], with every fault.
    pub fn parse(body: &str) -> Result<Self, Unreadable> {
        let mut faults = Faults::default();
        let mut fields = Fields::of(body, &mut faults)?;
        let usd_per_day = per_day(&mut fields, &mut faults);
        fields.refuse_rest(&["usd_per_day"], &mut faults);
        if faults.0.is_empty() {
            Ok(Self { usd_per_day })
        } else {
            Err(Unreadable::Faults(faults.0))
        }
    }
}

/// Lifting a limit is said and not left out: a misspelt field shall not do it.
fn per_day(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Money> {
    let Some(raw) = fields.take_raw("usd_per_day") else {
        faults.add("/usd_per_day", "the field is missing; give dollars, or null for no limit");
        return None;
    };
    let read = serde_json::from_str::<Value>(raw.get()).map_err(|error| error.to_string());
    let limit = read.and_then(|value| match value {
        Value::Null => Ok(None),
        value => number(&value, 0.0, Money::DOLLARS_MAX)
            .map(Money::from_dollars)
            .map_err(|wanted| format!("{wanted}, in dollars; null is no limit")),
    });
    limit.unwrap_or_else(|message| {
        faults.add("/usd_per_day", message);
        None
    })
}

#[expect(clippy::ref_option, reason = "serde passes the field as it is")]
fn dollars<S: Serializer>(money: &Option<Money>, serializer: S) -> Result<S::Ok, S::Error> {
    money.map(Money::dollars).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<Option<Money>, String> {
        match SetBudget::parse(body) {
            Ok(set) => Ok(set.usd_per_day),
            Err(Unreadable::Faults(faults)) => Err(faults[0].path.clone()),
            Err(Unreadable::NotJson { message, .. }) => Err(message),
        }
    }

    #[test]
    fn a_limit_is_set_or_lifted_but_never_left_out() {
        assert_eq!(parse(r#"{"usd_per_day": 2.5}"#), Ok(Money::from_dollars(2.5)));
        assert_eq!(parse(r#"{"usd_per_day": 0}"#), Ok(Some(Money::ZERO)));
        assert_eq!(parse(r#"{"usd_per_day": null}"#), Ok(None));
        for wrong in
            ["{}", r#"{"usd_per_day": -1}"#, r#"{"usd_per_day": 1e10}"#, r#"{"usd_per_day": "1"}"#]
        {
            assert_eq!(parse(wrong), Err("/usd_per_day".into()), "{wrong}");
        }
        assert_eq!(parse(r#"{"usd_per_day": 1, "usd": 2}"#), Err("/usd".into()));
    }

    #[test]
    fn what_a_client_writes_is_what_the_server_reads() {
        for limit in [None, Money::from_dollars(0.1)] {
            let text = serde_json::to_string(&SetBudget { usd_per_day: limit }).unwrap();
            assert_eq!(parse(&text), Ok(limit));
        }
    }
}
