//! `command`: a program with arguments, in a folder of its own.
//!
//! The program and all that it starts end with the job, however the job ends. Its output is told line by line while
//! it runs and kept up to a limit; files that it leaves are kept as artifacts.

mod artifacts;
mod family;
mod lines;
mod output;
mod payload;
mod program;

use agent_runner_domain::{
    catalog::PayloadFault,
    event::LogStream,
    job::{CauseKind, Evidence, Failure},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::Instant;

pub(crate) use self::output::{Printed, pump_until};
use self::program::Ended;
pub use self::{
    artifacts::Kept,
    payload::{Encoded, FileContent, Payload},
};
use crate::{Context, Handler, Stop};

pub struct Command;

/// Of a program that exited with 0; every other end is a failure of the job.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    exit_code: i32,
    stdout: String,
    stderr: String,
    /// There was more than `output_bytes_max`.
    stdout_truncated: bool,
    stderr_truncated: bool,
    artifacts: Vec<Kept>,
    duration_ms: u64,
}

impl Handler for Command {
    type Payload = Payload;
    type Output = Output;

    const NAME: &'static str = "command";
    const SUMMARY: &'static str =
        "Runs a program in a folder of its own and returns what it printed and the files it left.";

    fn example() -> Value {
        json!({"program": "sh", "args": ["-c", "echo hello > artifacts/greeting.txt"]})
    }

    fn check(payload: &Payload) -> Result<(), PayloadFault> {
        payload.check()
    }

    async fn run(payload: Payload, context: &Context) -> Result<Output, Stop> {
        let folder = prepare(&payload, context)?;
        let begin = Instant::now();
        let run = program::run(&payload, folder.path(), context).await?;
        let duration_ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        let kept = artifacts::keep(folder.path(), &payload.artifacts, context).await;
        judge(&payload.program, &run.ended, &run.stderr)?;
        Ok(Output {
            exit_code: 0,
            stdout: run.stdout.text,
            stderr: run.stderr.text,
            stdout_truncated: run.stdout.truncated,
            stderr_truncated: run.stderr.truncated,
            artifacts: kept?,
            duration_ms,
        })
    }
}

/// Where the results of the jobs that this one depends on lie in the working folder, by their ids.
const INPUTS: &str = "inputs.json";

/// The working folder with the inputs, the payload's files and an empty folder for artifacts.
fn prepare(payload: &Payload, context: &Context) -> Result<tempfile::TempDir, Failure> {
    let prepared = context.make_folder().and_then(|folder| {
        std::fs::create_dir(folder.path().join(artifacts::FOLDER))?;
        if !context.inputs.is_empty() {
            let inputs = serde_json::to_vec(&context.inputs)?;
            std::fs::write(folder.path().join(INPUTS), inputs)?;
        }
        payload.write_files(folder.path())?;
        Ok(folder)
    });
    prepared.map_err(|error| {
        let message = format!("the working folder cannot be prepared: {error}");
        Failure::passing(CauseKind::HandlerError, message)
    })
}

fn judge(program: &str, ended: &Ended, stderr: &Printed) -> Result<(), Failure> {
    let evidence = Evidence {
        exit_code: ended.status.code(),
        signal: ended.signal(),
        stderr_tail: Evidence::tail(&stderr.tail),
        ..Evidence::default()
    };
    let (kind, message) = match (evidence.exit_code, evidence.signal) {
        (Some(0), _) => return Ok(()),
        _ if ended.out_of_memory => {
            (CauseKind::OutOfMemory, format!("`{program}` was killed because memory ran out"))
        }
        (Some(code), _) => {
            (CauseKind::HandlerError, format!("`{program}` exited with code {code}"))
        }
        (None, signal) => {
            let signal = signal.unwrap_or_default();
            (CauseKind::HandlerError, format!("`{program}` was killed by signal {signal}"))
        }
    };
    Err(Failure::passing(kind, message).with_evidence(evidence))
}

/// What is worth a line of the worker's own in the log.
async fn remark(context: &Context, line: String) {
    context.events.log(LogStream::Worker, line).await;
}
