//! What users do with jobs: one file per verb.

pub(crate) mod artifact;
pub(crate) mod artifacts;
pub(crate) mod attempts;
pub(crate) mod bulk;
mod bulk_answer;
pub(crate) mod cancel;
pub(crate) mod change;
mod costs;
mod draft;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod payload;
pub(crate) mod result;
pub(crate) mod retry;
mod sse;
pub(crate) mod submit;

use axum::{Router, routing};

use crate::app::App;

/// The one address whose path the description cannot express.
pub(crate) fn undescribed() -> Router<App> {
    Router::new().route("/jobs/{id}/artifacts/{*name}", routing::get(artifact::artifact))
}
