//! `cargo xtask bench`: what the engine can do on this machine, embedded and on an emulated AWS, each figure beside its floor.
//!
//! The server is the real one, in release mode, on a real disk, driven over HTTP. A floor is the least that any
//! implementation would have to do, measured in the same run: only together do they say something.

mod aws;
mod calls;
mod chats;
mod companion;
mod cpu;
mod floors;
mod latency;
mod load;
mod machine;
mod memory;
mod programs;
mod report;
mod scale;
mod seed;
mod server;
mod simulator;
mod submit;
mod throughput;
mod wire;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context;
use clap::{Args, ValueEnum};

use self::{aws::AwsArgs, programs::Programs, report::Report};

#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Measure only these parts.
    #[arg(long, value_delimiter = ',', value_name = "PART")]
    only: Vec<Part>,
    /// Measure less and more roughly.
    #[arg(long)]
    quick: bool,
    /// Write the figures to this file as JSON, too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Keep data in this folder: it is its disk that is measured. By default beside the builds.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Measure builds of this profile.
    #[arg(long, default_value = "release", value_name = "NAME")]
    profile: String,
    /// Use the builds that are there.
    #[arg(long)]
    no_build: bool,
    #[command(flatten)]
    aws: AwsArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Submissions over HTTP.
    A,
    /// Jobs from end to end.
    B,
    /// From submission to RUNNING, when idle.
    C,
    /// Memory of the orchestrator.
    D,
    /// A thousand stored jobs against a million.
    E,
    /// Calls of models, against a bare HTTP client's.
    F,
    /// Many chats at once: memory of the workers, and events.
    G,
    /// On AWS: calls for a job, and while there is none.
    H,
    /// On AWS: fifty thousand jobs at once.
    I,
    /// On AWS: the start of a worker.
    J,
}

impl Part {
    fn is_on_aws(self) -> bool {
        matches!(self, Self::H | Self::I | Self::J)
    }
}

impl Bench {
    /// Left out, all parts; those on AWS only where there is an emulator of it.
    fn has(&self, part: Part) -> bool {
        if self.only.is_empty() {
            !part.is_on_aws() || self.aws.endpoint.is_some()
        } else {
            self.only.contains(&part)
        }
    }
}

/// What the measurements share.
struct Bed {
    programs: Programs,
    /// On the disk that the figures are about.
    scratch: PathBuf,
    quick: bool,
}

impl Bed {
    /// `full`, or `quick` where less is enough.
    fn size<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }

    /// An empty folder, removed when it is dropped.
    fn folder(&self) -> anyhow::Result<tempfile::TempDir> {
        tempfile::tempdir_in(&self.scratch)
            .with_context(|| format!("making a folder in {}", self.scratch.display()))
    }
}

pub(crate) fn run(bench: &Bench) -> anyhow::Result<ExitCode> {
    let on_aws = Part::value_variants().iter().any(|part| part.is_on_aws() && bench.has(*part));
    let programs = Programs::of(&bench.profile, !bench.no_build, on_aws)?;
    if cfg!(debug_assertions) {
        // A load generator without optimization would measure itself.
        return programs.measure(std::env::args_os().skip(1));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(measure(bench, programs))?;
    println!("{report}");
    if let Some(path) = &bench.json {
        std::fs::write(path, serde_json::to_vec_pretty(&report)?)
            .with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The other end of the HTTP floor, in a process of its own as the server is.
pub(crate) fn serve_floor() -> anyhow::Result<ExitCode> {
    floors::http::serve()?;
    Ok(ExitCode::SUCCESS)
}

async fn measure(bench: &Bench, programs: Programs) -> anyhow::Result<Report> {
    let scratch = programs.scratch(bench.data.as_deref())?;
    let mut report = Report::new(machine::describe(), bench.quick);
    let bed = Bed { programs, scratch, quick: bench.quick };
    for part in Part::value_variants() {
        if !bench.has(*part) {
            continue;
        }
        eprintln!("measuring ({}) …", report::letter(*part));
        match part {
            Part::A => submit::measure(&bed, &mut report).await?,
            Part::B => throughput::measure(&bed, &mut report).await?,
            Part::C => latency::measure(&bed, &mut report).await?,
            Part::D => memory::measure(&bed, &mut report).await?,
            Part::E => scale::measure(&bed, &mut report).await?,
            Part::F => calls::measure(&bed, &mut report).await?,
            Part::G => chats::measure(&bed, &mut report).await?,
            Part::H => aws::calls::measure(&bed, &bench.aws, &mut report).await?,
            Part::I => aws::bulk::measure(&bed, &bench.aws, &mut report).await?,
            Part::J => aws::start::measure(&bed, &bench.aws, &mut report).await?,
        }
        // What one part has written shall not be flushed at the cost of the next.
        tokio::time::sleep(Duration::from_secs(bed.size(2, 0))).await;
    }
    Ok(report)
}
