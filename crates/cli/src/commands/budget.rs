//! `agent-runner budget`

use agent_runner_api_types::BudgetView;
use agent_runner_domain::{Money, TenantId};
use clap::{Args, Subcommand};

use super::Context;
use crate::{
    exit::Exit,
    failure::Failure,
    output::{Output, event::printable, money::dollars, table::Table},
    server::{Need, Server},
};

/// Shows or sets what tenants may spend on model calls a day (UTC).
///
/// A call that could exceed the limit is not made; its job ends with `budget_exceeded`. Without a command, the
/// limits are shown, and what was spent today.
#[derive(Debug, Args)]
pub(crate) struct Budget {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Says what a tenant may spend a day, from the next call on; 0 stops all calls that cost anything.
    Set {
        tenant: TenantId,
        #[arg(value_name = "USD", value_parser = per_day, allow_negative_numbers = true)]
        usd: Money,
    },
    /// Takes a tenant's limit away.
    Lift { tenant: TenantId },
}

fn per_day(text: &str) -> Result<Money, String> {
    let amount = text.trim_start_matches('$').parse().ok().and_then(Money::from_dollars);
    amount.ok_or_else(|| "an amount is dollars from 0 on, like 5.00".to_owned())
}

impl Budget {
    pub(crate) async fn run(&self, context: &Context<'_>) -> Result<Exit, Failure> {
        let output = context.output;
        let work = async |server: &mut Server<'_>| {
            let (tenant, limit) = match &self.command {
                None => {
                    let budgets = server.client.budgets().await?;
                    return show(&budgets, output).map(|()| Exit::Success);
                }
                Some(Command::Set { tenant, usd }) => (tenant, Some(*usd)),
                Some(Command::Lift { tenant }) => (tenant, None),
            };
            let budget = server.client.set_budget(tenant, limit).await?;
            show(&[budget], output)?;
            Ok(Exit::Success)
        };
        context.with_server(Need::Look, work).await
    }
}

fn show(budgets: &[BudgetView], output: &Output) -> Result<(), Failure> {
    if output.json {
        return budgets.iter().try_for_each(|budget| output.value(budget));
    }
    if budgets.is_empty() {
        output.note("no tenant has a limit: agent-runner budget set TENANT USD");
        return Ok(());
    }
    let mut table = Table::new(&["TENANT", "USD A DAY", "SPENT TODAY", "HELD", "DAY (UTC)"]);
    for budget in budgets {
        table.row(vec![
            printable(budget.tenant.as_str()),
            budget.usd_per_day.map_or_else(|| "no limit".to_owned(), dollars),
            dollars(budget.spent_usd),
            dollars(budget.held_usd),
            budget.day.to_string(),
        ]);
    }
    output.line(table.lines().join("\n"))
}
