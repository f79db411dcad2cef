//! A server that runs.

use agent_runner_api_types::ProviderView;
use agent_runner_client::api::Filter;

use super::{Report, finding::Finding};
use crate::{
    clock,
    commands::Context,
    failure::Failure,
    server::{Need, Server},
};

/// Clocks of machines differ by that much without anybody noticing.
const FUTURE_MS_MAX: i64 = 60_000;

pub(super) async fn look(context: &Context<'_>, report: &mut Report<'_>) -> Result<(), Failure> {
    let server = Server::connect(context.common, Need::Look).await?;
    let client = &server.client;
    match client.health().await {
        Ok(health) => report.add(&version(client.url(), &health.version))?,
        Err(error) => return report.add(&Finding::failed("server", &error.into())),
    }
    match client.ready().await {
        Ok(_) => report.add(&Finding::ok("database", "the server can read and write it"))?,
        Err(error) => report.add(&Finding::failed("database", &error.into()))?,
    }
    match client.jobs(&Filter { limit: Some(1), ..Filter::default() }, None).await {
        Ok(page) => {
            report.add(&Finding::ok("access", "jobs can be read"))?;
            let newest = page.jobs.first().map(|job| job.created_at.as_millis());
            if newest.is_some_and(|at| at > clock::now().as_millis() + FUTURE_MS_MAX) {
                let fix = "set the clocks of both machines (timedatectl set-ntp true)";
                let message = "the newest job was submitted in this machine's future";
                report.add(&Finding::warn("clocks", message, fix))?;
            }
        }
        Err(error) => report.add(&Finding::failed("access", &error.into()))?,
    }
    match client.providers().await {
        Ok(providers) => report.add(&models(&providers))?,
        Err(error) => report.add(&Finding::failed("models", &error.into()))?,
    }
    server.done().await;
    Ok(())
}

/// Which models jobs can ask. Local servers want no key, so they say nothing about that.
pub(super) fn models(providers: &[ProviderView]) -> Finding {
    let with_key = |wanted: bool| {
        let those = providers.iter().filter(move |provider| provider.has_key == wanted);
        those.filter(|provider| !provider.is_local)
    };
    let keys: Vec<_> = with_key(true).map(|provider| provider.name.as_str()).collect();
    let missing: Vec<_> = with_key(false).map(|provider| provider.key_name.as_str()).collect();
    if keys.is_empty() {
        let fix = format!(
            "set one of these where the server runs: {}; or try without a key: --demo",
            missing.join(", ")
        );
        return Finding::warn("models", "no provider of models has a key", fix);
    }
    let without = match missing.len() {
        0 => String::new(),
        _ => format!("; not set: {}", missing.join(", ")),
    };
    Finding::ok("models", format!("there are keys for {}{without}", keys.join(", ")))
}

fn version(url: &str, theirs: &str) -> Finding {
    let ours = env!("CARGO_PKG_VERSION");
    if theirs == ours {
        return Finding::ok("server", format!("{url} answers, version {theirs}"));
    }
    let message = format!("{url} is version {theirs} and this program {ours}");
    Finding::warn("server", message, "install the same version in both places")
}
