//! Pages for people: the API rendered by Swagger UI, which lies in the binary, and a page for each problem.

use std::sync::Arc;

use agent_runner_api_types::ProblemCode;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use http::header;
use utoipa_swagger_ui::{Config, SwaggerFile};

use crate::{app::App, error::ApiError, extract::Name, problem_pages};

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/", get(async || Redirect::temporary("/docs/")))
        .route("/docs", get(async || Redirect::permanent("/docs/")))
        .route("/docs/", get(index))
        .route("/docs/{file}", get(async |Name(name): Name| file(&name)))
        .route("/docs/errors/{code}", get(problem_page))
}

async fn index(State(app): State<App>) -> Result<Response, ApiError> {
    let page = asset("index.html")?;
    let text = String::from_utf8_lossy(&page.bytes);
    let text = if app.demo { of_demo(&text) } else { text.into_owned() };
    Ok(([(header::CONTENT_TYPE, page.content_type)], text).into_response())
}

/// The page as a demonstration shows it: nobody may take what a simulator says for an answer.
fn of_demo(page: &str) -> String {
    const LINE: &str = "<body>\n    <p role=\"status\" style=\"margin: 0; padding: 0.6em 1em; \
        background: #fde68a; color: #000; font-family: sans-serif\"><strong>Demo.</strong> A simulator \
        plays the models: nothing that they say is true, and nothing is paid.</p>";
    page.replacen("<title>", "<title>Demo: ", 1).replacen("<body>", LINE, 1)
}

fn file(name: &str) -> Result<Response, ApiError> {
    let found = asset(name)?;
    Ok(([(header::CONTENT_TYPE, found.content_type)], found.bytes.into_owned()).into_response())
}

fn asset(name: &str) -> Result<SwaggerFile<'static>, ApiError> {
    let config = Arc::new(Config::from("/openapi.json"));
    let found = utoipa_swagger_ui::serve(name, config)
        .map_err(|error| ApiError::internal(&error.to_string()))?;
    found.ok_or_else(|| ApiError::new(ProblemCode::RouteNotFound, "there is no such page"))
}

async fn problem_page(Name(code): Name) -> Result<Response, ApiError> {
    let known = ProblemCode::ALL.iter().find(|known| known.as_str() == code);
    let missing = || ApiError::new(ProblemCode::RouteNotFound, "there is no such problem code");
    let page = problem_pages::page(*known.ok_or_else(missing)?);
    Ok(([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], page).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demonstration_says_so_in_the_head_of_its_page() {
        let page = asset("index.html").unwrap();
        let page = of_demo(std::str::from_utf8(&page.bytes).unwrap());
        assert!(page.contains("<title>Demo: "), "{page}");
        assert!(
            page.find("A simulator plays the models") < page.find("id=\"swagger-ui\""),
            "{page}"
        );
    }
}
