//! `agent-runner cost --estimate`

use std::{path::PathBuf, time::Duration};

use clap::Args;

use crate::{
    args::duration,
    estimate::{Architecture, Estimate, Line, ModelCall, Part, Plan, PriceList, Size, Tokens},
    exit::Exit,
    failure::Failure,
    output::{
        Output,
        money::{dollars_exactly, number},
        table::Table,
    },
};

/// What an installation on AWS looks like, and what it does.
#[derive(Debug, Args)]
#[command(next_help_heading = "Estimate")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option that can be typed")]
pub(super) struct EstimateArgs {
    /// Estimate what AWS bills for a job, for a month without jobs and for one with them; asks nobody.
    #[arg(long, conflicts_with_all = ["id", "by", "since", "until"])]
    estimate: bool,
    /// How many jobs a month.
    #[arg(long, value_name = "COUNT", default_value = "1000", requires = "estimate", value_parser = count)]
    jobs: u32,
    /// How long a job works.
    #[arg(long, value_name = "TIME", default_value = "1m", requires = "estimate", value_parser = duration)]
    duration: Duration,
    /// How long Fargate bills a worker before it works: pulling the image, starting.
    #[arg(long, value_name = "TIME", default_value = "15s", requires = "estimate", value_parser = duration)]
    start: Duration,
    /// The machines of workers.
    #[arg(long, value_enum, default_value = "small", requires = "estimate")]
    size: Size,
    /// The processors of workers and orchestrators.
    #[arg(long, value_enum, default_value = "arm64", requires = "estimate")]
    architecture: Architecture,
    /// Workers run on Fargate Spot, at its best price.
    #[arg(long, requires = "estimate", overrides_with = "no_spot")]
    spot: bool,
    /// Workers do not run on Spot, which is the default.
    #[arg(long, requires = "estimate")]
    no_spot: bool,
    /// The AWS region.
    #[arg(long, value_name = "REGION", default_value = "us-east-1", requires = "estimate")]
    region: String,
    /// How many orchestrators there are; 0: the installation is paused.
    #[arg(long, value_name = "COUNT", default_value = "1", requires = "estimate", value_parser = count)]
    orchestrators: u32,
    /// Orchestrators run on Fargate Spot, too.
    #[arg(long, requires = "estimate")]
    orchestrator_spot: bool,
    /// Clients come by API Gateway.
    #[arg(long, requires = "estimate")]
    api: bool,
    /// Leave out what AWS gives every account free each month; other things in it may use that up.
    #[arg(long, requires = "estimate")]
    no_free: bool,
    /// What all model calls of a job read and write together.
    #[arg(long, value_name = "READ,WRITTEN", requires = "estimate")]
    model_tokens: Option<Tokens>,
    /// The model that they ask.
    #[arg(
        long,
        value_name = "MODEL",
        default_value = "claude-sonnet-5-5",
        requires = "model_tokens"
    )]
    model: String,
    /// Prices to use instead of those in this program (crates/cli/data/aws-prices.json).
    #[arg(long, value_name = "FILE", requires = "estimate")]
    prices: Option<PathBuf>,
}

fn count(text: &str) -> Result<u32, String> {
    let plain = text.replace(['_', ','], "");
    plain.parse().map_err(|_| "a count is a whole number, such as 10000".to_owned())
}

impl EstimateArgs {
    pub(super) fn is_wanted(&self) -> bool {
        self.estimate
    }

    pub(super) fn run(&self, output: &Output) -> Result<Exit, Failure> {
        let list = match &self.prices {
            Some(path) => PriceList::of_file(path).map_err(Failure::usage)?,
            None => PriceList::built_in(),
        };
        let estimate = self.plan().estimate(&list).map_err(Failure::usage)?;
        output.show(&estimate, || self.tell(&estimate))?;
        Ok(Exit::Success)
    }

    fn plan(&self) -> Plan {
        let model = |tokens| ModelCall { model: self.model.clone(), tokens };
        Plan {
            region: self.region.clone(),
            jobs: self.jobs.into(),
            job_seconds: self.duration.as_secs_f64(),
            start_seconds: self.start.as_secs_f64(),
            size: self.size,
            architecture: self.architecture,
            spot: self.spot && !self.no_spot,
            orchestrators: self.orchestrators.into(),
            orchestrator_spot: self.orchestrator_spot,
            api: self.api,
            free_allowances: !self.no_free,
            model_call: self.model_tokens.map(model),
        }
    }

    fn tell(&self, estimate: &Estimate) -> String {
        let Estimate { region, prices_of, prices_source, measured_on, .. } = estimate;
        let month = format!("A month with {} jobs", number(self.jobs.into()));
        let parts = [
            section("A job", &estimate.job),
            section("A month without jobs", &estimate.idle_month),
            section(&month, &estimate.month),
            format!("Prices in {region} of {prices_of}: {prices_source}."),
            format!("Calls as counted on {measured_on}."),
        ];
        parts.join("\n")
    }
}

fn section(name: &str, part: &Part) -> String {
    let mut table = Table::new(&["ITEM", "QUANTITY", "PRICE", "COST", "HOW MUCH"]);
    for line in &part.lines {
        table.row(cells(line));
    }
    for (name, usd) in
        [("together", part.total_usd), ("without Fargate and addresses", part.without_machines_usd)]
    {
        table.row(vec![name.to_owned(), String::new(), String::new(), dollars_exactly(usd)]);
    }
    format!("{name}\n{}\n", table.lines().join("\n"))
}

fn cells(line: &Line) -> Vec<String> {
    let Line { item, quantity, unit, how, free, price_usd, price_per, usd, .. } = line;
    let free = if *free > 0.0 { format!(", {} free", number(*free)) } else { String::new() };
    let per = if *price_per > 1.0 { " a million" } else { "" };
    vec![
        (*item).to_owned(),
        format!("{} {unit}{free}", number(*quantity)),
        format!("{}{per}", price(*price_usd)),
        dollars_exactly(*usd),
        how.clone(),
    ]
}

/// As it stands in the list.
fn price(usd: f64) -> String {
    let text = format!("{usd:.8}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let shown = fraction.trim_end_matches('0').len().max(2);
    format!("${whole}.{}", &fraction[..shown])
}
