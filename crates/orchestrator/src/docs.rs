//! Pages for people: the API rendered by Swagger UI, which lies in the binary, and a page for each problem.

use std::sync::Arc;

use agent_runner_api_types::ProblemCode;
use axum::{
    Router,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use http::header;
use utoipa_swagger_ui::Config;

use crate::{app::App, error::ApiError, extract::Name, problem_pages};

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/", get(async || Redirect::temporary("/docs/")))
        .route("/docs", get(async || Redirect::permanent("/docs/")))
        .route("/docs/", get(async || file("index.html")))
        .route("/docs/{file}", get(async |Name(name): Name| file(&name)))
        .route("/docs/errors/{code}", get(problem_page))
}

fn file(name: &str) -> Result<Response, ApiError> {
    let config = Arc::new(Config::from("/openapi.json"));
    let found = utoipa_swagger_ui::serve(name, config)
        .map_err(|error| ApiError::internal(&error.to_string()))?;
    let missing = || ApiError::new(ProblemCode::RouteNotFound, "there is no such page");
    let found = found.ok_or_else(missing)?;
    Ok(([(header::CONTENT_TYPE, found.content_type)], found.bytes.into_owned()).into_response())
}

async fn problem_page(Name(code): Name) -> Result<Response, ApiError> {
    let known = ProblemCode::ALL.iter().find(|known| known.as_str() == code);
    let missing = || ApiError::new(ProblemCode::RouteNotFound, "there is no such problem code");
    let page = problem_pages::page(*known.ok_or_else(missing)?);
    Ok(([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], page).into_response())
}
