//! What a job costs, as a person reads it. What has no price is never shown as nothing.

use std::fmt;

use agent_runner_api_types::{CostView, JobView, TokensView};

use super::{job::took, money::dollars};

/// In a few words; empty where no model was asked.
pub(crate) fn amount(cost: &CostView) -> String {
    let CostView { total_usd, held_usd, calls, unpriced_calls, .. } = *cost;
    if calls == 0 {
        return String::new();
    }
    let mut parts = Vec::new();
    if unpriced_calls < calls || total_usd > 0.0 {
        parts.push(dollars(total_usd));
    }
    if unpriced_calls > 0 {
        parts.push(format!("{unpriced_calls} unpriced"));
    }
    let held = if held_usd > 0.0 { format!(" [{}]", dollars(held_usd)) } else { String::new() };
    parts.join(" + ") + &held
}

/// One fact a line.
pub(crate) fn details(cost: &CostView) -> Vec<String> {
    if cost.calls == 0 {
        return vec!["no model was asked".to_owned()];
    }
    let mut lines = vec![
        format!("total     {}", dollars(cost.total_usd)),
        format!("models    {} for {}", dollars(cost.model_usd), calls(cost.calls)),
        format!("machines  {}", dollars(cost.compute_usd)),
    ];
    if cost.unpriced_calls > 0 {
        let calls = calls(cost.unpriced_calls);
        lines.push(format!("unpriced  {calls} of models without a price, in none of the sums"));
    }
    if cost.held_usd > 0.0 {
        let held = dollars(cost.held_usd);
        lines.push(format!(
            "held      {held} for calls that have not ended, or whose end is unknown"
        ));
    }
    lines.push(format!("tokens    {}", Tokens::from(cost.tokens)));
    lines
}

/// The last line about a job that asked models; empty where none was asked.
pub(crate) fn bill(job: &JobView) -> String {
    let cost = &job.cost;
    if cost.calls == 0 {
        return String::new();
    }
    let facts = [
        Some(amount(cost)),
        Some(calls(cost.calls)),
        Some(Tokens::from(cost.tokens).to_string()),
        took(job),
    ];
    facts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// What providers read is all of it, from wherever they had it.
pub(super) struct Tokens {
    pub(super) read: u64,
    pub(super) cached: u64,
    pub(super) written: u64,
}

impl From<TokensView> for Tokens {
    fn from(view: TokensView) -> Self {
        let TokensView { input, output, cache_read, cache_write } = view;
        Self { read: input + cache_read + cache_write, cached: cache_read, written: output }
    }
}

impl fmt::Display for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { read, cached, written } = self;
        write!(f, "{read} tokens in")?;
        if *cached > 0 {
            write!(f, " ({cached} cached)")?;
        }
        write!(f, ", {written} out")
    }
}

fn calls(count: u64) -> String {
    if count == 1 { "1 call".to_owned() } else { format!("{count} calls") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(total_usd: f64, held_usd: f64, calls: u64, unpriced_calls: u64) -> CostView {
        CostView {
            model_usd: total_usd,
            total_usd,
            held_usd,
            calls,
            unpriced_calls,
            ..CostView::default()
        }
    }

    #[test]
    fn what_has_no_price_is_said_and_never_zero() {
        for (cost, said) in [
            (cost(0.0, 0.0, 0, 0), ""),
            (cost(0.5, 0.0, 2, 0), "$0.50"),
            (cost(0.0, 0.0, 2, 0), "$0"),
            (cost(0.0, 0.0, 2, 2), "2 unpriced"),
            (cost(0.5, 0.0, 2, 1), "$0.50 + 1 unpriced"),
            (cost(0.5, 0.25, 2, 0), "$0.50 [$0.25]"),
        ] {
            assert_eq!(amount(&cost), said);
        }
    }
}
