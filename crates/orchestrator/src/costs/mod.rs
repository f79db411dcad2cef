//! What model calls cost, and what tenants may spend.

pub(crate) mod budgets;
pub(crate) mod report;
pub(crate) mod set_budget;

use agent_runner_api_types::{BudgetView, CostView, TokensView};
use agent_runner_domain::{
    Money,
    ports::{JobCost, Tokens},
};
use agent_runner_engine::jobs::DailyBudget;

/// The cost of a job and all its descendants.
pub(crate) fn view(cost: &JobCost) -> CostView {
    CostView::of_calls(cost.spent, cost.held, cost.calls, cost.unpriced_calls)
        .with_tokens(tokens(cost.tokens))
}

fn tokens(tokens: Tokens) -> TokensView {
    let Tokens { input, output, cache_read, cache_write } = tokens;
    TokensView { input, output, cache_read, cache_write }
}

fn budget(budget: DailyBudget) -> BudgetView {
    BudgetView {
        tenant: budget.tenant,
        usd_per_day: budget.limit.map(Money::dollars),
        day: budget.day,
        spent_usd: budget.today.spent.dollars(),
        held_usd: budget.today.held.dollars(),
    }
}
