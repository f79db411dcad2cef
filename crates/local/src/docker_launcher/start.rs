//! Starting a worker's container.

use std::sync::Arc;

use agent_runner_domain::{
    job::{LaunchFailure, LaunchFailureKind, LaunchRef},
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
use crate::launches::{Slot, failure, name};

const CONFLICT: u16 = 409;

pub(super) async fn launch(
    shared: &Arc<Shared>,
    order: &LaunchOrder,
) -> Result<Option<LaunchRef>, LaunchFailure> {
    if let Slot::Used(launch) = shared.launches.reserve(order.key)? {
        return Ok(launch);
    }
    match start(shared, order).await {
        Ok(id) => {
            let launch = name(&id);
            ending::begin_to_watch(shared, order.key, id);
            Ok(Some(launch))
        }
        Err(error) => {
            shared.launches.not_started(order.key);
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

/// What the daemon refuses for what was asked, such as an image that is not there, it would refuse again.
fn not_started(image: &str, error: &Error) -> LaunchFailure {
    let kind = match status(error) {
        Some(400 | 403 | 404) => LaunchFailureKind::Permanent,
        _ => LaunchFailureKind::Transient,
    };
    failure(kind, format!("a container of the worker image `{image}` cannot be started: {error}"))
}
