//! Starting a worker's container.

use std::sync::Arc;

use agent_runner_domain::{
    job::{Evidence, LaunchFailure, LaunchFailureKind, LaunchRef},
    ports::LaunchOrder,
};
use bollard::{
    errors::Error,
    query_parameters::{CreateContainerOptionsBuilder, StartContainerOptions},
};

use super::{
    Shared,
    connect::status,
    container, ending,
    stop::{Found, find},
};
use crate::launch_table::{Reserved, name};

const CONFLICT: u16 = 409;

pub(super) async fn launch(
    shared: &Arc<Shared>,
    order: &LaunchOrder,
) -> Result<Option<LaunchRef>, LaunchFailure> {
    match shared.table().reserve(order.key) {
        Reserved::Yes => {}
        Reserved::Already(launch) => return Ok(launch),
        Reserved::Full => return Err(no_slot(shared.config.max_running)),
    }
    match start(shared, order).await {
        Ok(id) => {
            let launch = name(&id);
            ending::begin_to_watch(shared, order.key, id);
            Ok(Some(launch))
        }
        Err(error) => {
            shared.table().not_started(order.key);
            shared.freed.notify_one();
            Err(not_started(&shared.config.image, &error))
        }
    }
}

/// The id of a container that runs, or that may have run: who watches it will see.
async fn start(shared: &Shared, order: &LaunchOrder) -> Result<String, Error> {
    let Found { id, is_new, .. } = create(shared, order).await?;
    if !is_new {
        return Ok(id);
    }
    let started = shared.docker.start_container(&id, None::<StartContainerOptions>).await;
    match started {
        // Without the daemon's word it is not certain that it does not run.
        Err(error) if status(&error).is_some() => {
            ending::remove(shared, &id).await;
            Err(error)
        }
        _ => Ok(id),
    }
}

/// A new container, or the one that an orchestrator made which did not live to start it or to tell.
async fn create(shared: &Shared, order: &LaunchOrder) -> Result<Found, Error> {
    let name = container::name(order.key);
    let options = CreateContainerOptionsBuilder::default().name(&name).build();
    let body = container::body(shared, order);
    match shared.docker.create_container(Some(options), body).await {
        Ok(made) => Ok(Found::new(made.id)),
        Err(error) if status(&error) == Some(CONFLICT) => {
            find(shared, order.key).await?.ok_or(error)
        }
        Err(error) => Err(error),
    }
}

fn no_slot(max_running: usize) -> LaunchFailure {
    let message = format!("{max_running} workers run already");
    failure(LaunchFailureKind::Capacity, message)
}

/// What the daemon refuses for what was asked, such as an image that is not there, it would refuse again.
fn not_started(image: &str, error: &Error) -> LaunchFailure {
    let kind = match status(error) {
        Some(400 | 403 | 404) => LaunchFailureKind::Permanent,
        _ => LaunchFailureKind::Transient,
    };
    failure(kind, format!("a container of the worker image `{image}` cannot be started: {error}"))
}

fn failure(kind: LaunchFailureKind, message: String) -> LaunchFailure {
    LaunchFailure { kind, message, evidence: Evidence::default() }
}
