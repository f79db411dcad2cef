//! Which address is answered by whom. The description of the API is collected from the same handlers.

use axum::{Router, routing};
use utoipa::{OpenApi, Path};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App, costs, docs, frame, health, job_types, jobs, openapi, providers, worker_gateway,
};

/// Everything that is answered.
pub(crate) fn router(app: &App) -> Router {
    let (described, _) = described().split_for_parts();
    described
        .merge(jobs::undescribed())
        .merge(docs::router())
        .route("/openapi.json", routing::get(openapi::get))
        .nest(worker_gateway::PREFIX, worker_gateway::router())
        .fallback(frame::route_not_found)
        .method_not_allowed_fallback(frame::method_not_allowed)
        .with_state(app.clone())
}

/// The API that users may rely on.
pub(crate) fn described() -> OpenApiRouter<App> {
    let router = OpenApiRouter::with_openapi(openapi::About::openapi())
        .routes(routes!(jobs::list::list, jobs::submit::submit))
        .routes(routes!(jobs::bulk::bulk))
        .routes(routes!(jobs::get::get, jobs::change::change))
        .routes(routes!(jobs::payload::payload))
        .routes(routes!(jobs::result::result))
        .routes(routes!(jobs::events::events))
        .routes(routes!(jobs::attempts::attempts))
        .routes(routes!(jobs::artifacts::artifacts))
        .routes(routes!(jobs::explain::explain))
        .routes(routes!(jobs::cancel::cancel))
        .routes(routes!(jobs::retry::retry))
        .routes(routes!(costs::report::report))
        .routes(routes!(costs::budgets::list))
        .routes(routes!(costs::set_budget::set))
        .routes(routes!(job_types::list))
        .routes(routes!(job_types::get))
        .routes(routes!(providers::list))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics));
    artifact_described(router)
}

/// Its name may hold slashes, which OpenAPI cannot say of a part of a path; so it is routed apart.
fn artifact_described(mut router: OpenApiRouter<App>) -> OpenApiRouter<App> {
    use jobs::artifact::__path_artifact as Artifact;
    let (path, methods, operation) = (Artifact::path(), Artifact::methods(), Artifact::operation());
    router.get_openapi_mut().paths.add_path_operation(path, methods, operation);
    router
}
