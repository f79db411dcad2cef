//! This machine: its data folder, its server if one runs, and a job from end to end.

use std::{net::SocketAddr, path::Path};

use agent_runner_api_types::{ProviderView, SubmitJob};
use agent_runner_client::api::Client;
use agent_runner_domain::{RawJson, job::Status};

use super::{
    Report, checks,
    finding::{Finding, Level},
    there,
};
use crate::{commands::Context, failure::Failure, programs};

pub(super) async fn look(
    context: &Context<'_>,
    listen: SocketAddr,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let data = context.common.data_folder()?;
    let folder = checks::folder(&data);
    let usable = folder.level == Level::Ok;
    report.add(&folder)?;
    if usable {
        report.add(&checks::space(&data))?;
        if let Some(url) = programs::owner_url(&data) {
            report.add(&Finding::ok("owner", format!("a server at {url} owns the data folder")))?;
            there::look(context, report).await?;
        } else {
            report
                .add(&Finding::ok("owner", "no server is running, so none owns the data folder"))?;
            report.add(&checks::port(listen))?;
            for finding in stored(&data).await {
                report.add(&finding)?;
            }
        }
    }
    let worker = checks::worker();
    let usable = worker.level == Level::Ok;
    report.add(&worker)?;
    if usable {
        report.add(&job().await)?;
    }
    Ok(())
}

/// Opens what is stored there, as a server would, and looks at what jobs could ask.
async fn stored(data: &Path) -> Vec<Finding> {
    match open(data).await {
        Ok(providers) => vec![
            Finding::ok("database", "it opens, and its jobs can be read"),
            there::models(&providers),
        ],
        Err(failure) => vec![Finding::failed("database", &failure)],
    }
}

async fn open(data: &Path) -> Result<Vec<ProviderView>, Failure> {
    let server = programs::embed(data, false, None).await?;
    let client = Client::new(server.url(), None)?;
    let page = client.jobs(&agent_runner_client::api::Filter::default(), None).await;
    let providers = client.providers().await;
    server.stop().await;
    page?;
    Ok(providers?)
}

/// Runs a job from end to end, in a folder that nobody else sees.
async fn job() -> Finding {
    match echo().await {
        Ok(Status::Succeeded) => Finding::ok("a job", "an echo ran from end to end"),
        Ok(status) => Finding::fail(
            "a job",
            format!("an echo ended as {status}"),
            "run it to see why: agent-runner run echo message=hello",
        ),
        Err(failure) => Finding::failed("a job", &failure),
    }
}

async fn echo() -> Result<Status, Failure> {
    let folder = tempfile::tempdir()
        .map_err(|error| Failure::machine(format!("no temporary folder can be made: {error}")))?;
    let server = programs::embed(folder.path(), true, None).await?;
    let client = Client::new(server.url(), None)?;
    let ended = echo_on(&client).await;
    server.stop().await;
    ended
}

async fn echo_on(client: &Client) -> Result<Status, Failure> {
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);
    let payload = RawJson::from(&serde_json::json!({"message": "hello"}));
    let job = client.submit(&SubmitJob::new("echo", payload), None).await?.job;
    Ok(client.wait(job.job_id, PATIENCE).await?.status)
}
