//! The description of the API, made from the handlers and completed with what all of them share.

use std::sync::OnceLock;

use agent_runner_api_types::{Problem, schema};
use agent_runner_domain::catalog::JobType;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::header;
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use crate::{app::App, routes};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// What stands above the addresses.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "agent-runner",
        description = "Runs jobs for AI agents: durably, each in a process of its own. \
            Errors are RFC 9457 problems; programs branch on their `code`, people read `detail` and `fix`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(Problem, schema::CostGroup)),
    tags(
        (name = "jobs", description = "Submit, watch and change jobs."),
        (name = "costs", description = "What model calls cost, and what they may."),
        (name = "job types", description = "What can be submitted."),
        (name = "operation", description = "For whoever runs the server."),
    ),
)]
pub(crate) struct About;

/// The description as text, written when it is first asked for, and the names of the routes for the metrics.
pub(crate) struct Description {
    text: OnceLock<Bytes>,
    routes: matchit::Router<&'static str>,
    keys: bool,
}

impl Description {
    /// `keys`: whether callers need API keys.
    pub(crate) fn new(keys: bool) -> Self {
        let mut routes = matchit::Router::new();
        for route in ROUTES {
            routes.insert(*route, *route).expect("the routes differ");
        }
        Self { text: OnceLock::new(), routes, keys }
    }

    /// The route of a path, from a set that clients cannot make larger.
    pub(crate) fn route(&self, path: &str) -> &'static str {
        self.routes.at(path).map_or("other", |found| *found.value)
    }
}

/// The addresses that metrics tell apart; a test compares them with the description.
const ROUTES: &[&str] = &[
    "/jobs",
    "/jobs/bulk",
    "/jobs/{id}",
    "/jobs/{id}/payload",
    "/jobs/{id}/result",
    "/jobs/{id}/events",
    "/jobs/{id}/attempts",
    "/jobs/{id}/artifacts",
    "/jobs/{id}/artifacts/{*name}",
    "/jobs/{id}/explain",
    "/jobs/{id}/cancel",
    "/jobs/{id}/retry",
    "/costs",
    "/budgets",
    "/budgets/{tenant}",
    "/job-types",
    "/job-types/{name}",
    "/providers",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/docs/{*page}",
    "/worker/v1/start",
    "/worker/v1/heartbeat",
    "/worker/v1/events",
    "/worker/v1/finish",
    "/worker/v1/artifacts/{*name}",
    "/worker/v1/files/{id}/{*name}",
    "/worker/v1/reserve",
    "/worker/v1/settle",
    "/worker/v1/record-step",
    "/worker/v1/steps",
    "/worker/v1/setting",
    "/worker/v1/submit",
    "/worker/v1/look",
];

/// `GET /openapi.json`
pub(crate) async fn get(State(app): State<App>) -> Response {
    let text = app.description.text.get_or_init(|| {
        let types: Vec<_> = app.engine.catalog.types().cloned().collect();
        Bytes::from(describe(&types, app.description.keys).to_string())
    });
    ([(header::CONTENT_TYPE, "application/json")], text.clone()).into_response()
}

fn describe(types: &[JobType], keys: bool) -> Value {
    let api = routes::described().into_openapi();
    let mut api = serde_json::to_value(&api).expect("a description has string keys only");
    for_each_operation(&mut api, |_, operation| {
        share_responses(operation);
        plain_parameters(operation);
    });
    name_job_types(&mut api["components"]["schemas"], types);
    if keys {
        api["components"]["securitySchemes"] = json!({
            "bearer": {"type": "http", "scheme": "bearer"},
            "header": {"type": "apiKey", "in": "header", "name": "x-api-key"},
        });
        api["security"] = json!([{"bearer": []}, {"header": []}]);
    } else {
        for_each_operation(&mut api, |_, operation| drop(operation.remove("security")));
    }
    api
}

fn for_each_operation(api: &mut Value, mut change: impl FnMut(&str, &mut Map<String, Value>)) {
    let paths = api["paths"].as_object_mut().expect("a description has paths");
    for item in paths.values_mut() {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) {
                change(method, operation);
            }
        }
    }
}

/// The refusals that any operation of this shape may meet, and the header that every answer has.
fn share_responses(operation: &mut Map<String, Value>) {
    let in_path = |parameter: &Value| parameter["in"] == "path";
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let named = parameters.is_some_and(|parameters| parameters.iter().any(in_path));
    let with_body = operation.contains_key("requestBody");
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    let shared: &[(&str, &str, bool)] = &[
        ("400", "The request is not well formed, or a parameter is wrong.", true),
        ("401", "An API key is missing or not known.", true),
        ("403", "The key does not allow it, or the request comes from another site.", true),
        ("404", "There is no such thing, or not yet.", named),
        ("406", "None of the accepted types can be had.", true),
        ("408", "The body took too long to arrive.", with_body),
        ("413", "The body is too large.", with_body),
        ("415", "The body's type is not read here.", with_body),
        ("422", "The body is wrong; errors names every fault with its place.", with_body),
        ("500", "Something went wrong inside.", true),
        ("503", "Try again later.", true),
    ];
    for (status, description, _) in shared.iter().filter(|(_, _, applies)| *applies) {
        if responses.get(*status).is_none() {
            responses[*status] = json!({"description": description});
        }
    }
    for (status, response) in responses.as_object_mut().into_iter().flatten() {
        if !status.starts_with('2') {
            let schema = json!({"$ref": "#/components/schemas/Problem"});
            response["content"] = json!({"application/problem+json": {"schema": schema}});
        }
        let id =
            json!({"description": "The request's name in the logs.", "schema": {"type": "string"}});
        response["headers"]["x-request-id"] = id;
    }
}

/// A parameter can be left out, which the generator takes for `null`; but no text is null.
fn plain_parameters(operation: &mut Map<String, Value>) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let schema = &mut parameter["schema"];
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|name| name != "null");
        }
        let mut either = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
        if let Some(plain) = either.find(|schema| schema["type"] != "null").cloned() {
            *schema = plain;
        }
    }
}

/// Ties each job type to its payload's schema, so that a tool can tell a right submission from a wrong one.
fn name_job_types(schemas: &mut Value, types: &[JobType]) {
    let variants: Vec<_> = types
        .iter()
        .map(|kind| {
            let mut payload = (kind.payload_schema)();
            hoist_definitions(kind.name, &mut payload, schemas);
            // A payload that is left out is `{}`, which may not satisfy the schema.
            let required = if accepts_nothing(&payload) { json!([]) } else { json!(["payload"]) };
            json!({
                "title": kind.name, "description": kind.summary, "required": required,
                "properties": {"job_type": {"const": kind.name}, "payload": payload},
            })
        })
        .collect();
    let names: Vec<_> = types.iter().map(|kind| kind.name).collect();
    let job = &mut schemas["SubmitJob"];
    job["properties"]["job_type"]["enum"] = json!(names);
    job["oneOf"] = json!(variants);
    let given =
        |name: &str| json!({"required": [name], "properties": {name: {"not": {"type": "null"}}}});
    job["not"] = json!({"allOf": [given("run_at"), given("delay_seconds")]});
    job["examples"] = types
        .iter()
        .map(|kind| json!({"job_type": kind.name, "payload": (kind.example)()}))
        .collect();
    if let Some(tags) = job["properties"].get_mut("tags") {
        tags["maxProperties"] = json!(32);
        tags["propertyNames"] = json!({"pattern": "^[A-Za-z0-9_./-]{1,64}$"});
        tags["additionalProperties"] =
            json!({"type": "string", "maxLength": 64, "pattern": "^[^\\u0000]*$"});
    }
}

fn accepts_nothing(payload: &Value) -> bool {
    payload.get("required").and_then(Value::as_array).is_none_or(Vec::is_empty)
}

/// A payload's schema is a document of its own with `$defs`; inside another document they have to stand elsewhere.
fn hoist_definitions(name: &str, payload: &mut Value, schemas: &mut Value) {
    let Some(object) = payload.as_object_mut() else { return };
    object.remove("$schema");
    let definitions = object.remove("$defs");
    redirect(name, payload);
    for (key, mut definition) in
        definitions.and_then(|all| all.as_object().cloned()).into_iter().flatten()
    {
        redirect(name, &mut definition);
        schemas[format!("{name}.{key}")] = definition;
    }
}

fn redirect(name: &str, schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(target)) = members.get_mut("$ref")
                && let Some(key) = target.strip_prefix("#/$defs/")
            {
                *target = format!("#/components/schemas/{name}.{key}");
            }
            members.values_mut().for_each(|member| redirect(name, member));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redirect(name, item)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_described_address_is_a_route_of_the_metrics() {
        let api = describe(&[], true);
        for path in api["paths"].as_object().unwrap().keys() {
            let routed = path.replace("/artifacts/{name}", "/artifacts/{*name}");
            assert!(ROUTES.contains(&routed.as_str()), "{path}");
        }
    }

    /// `UPDATE_EXPECT=1 cargo test -p agent-runner-orchestrator` accepts a change; read it before you commit it.
    #[test]
    fn the_description_changes_only_on_purpose() {
        let example = || json!({"message": "hello"});
        let payload_schema = || json!({"type": "object", "required": ["message"]});
        let echo = JobType { name: "echo", summary: "Says it again.", payload_schema, example };
        let text = serde_json::to_string_pretty(&describe(&[echo], true)).unwrap();
        expect_test::expect_file!["../tests/openapi.json"].assert_eq(&(text + "\n"));
    }

    #[test]
    fn every_operation_promises_problems() {
        let mut api = describe(&[], false);
        assert_eq!(api["openapi"], "3.1.0");
        for_each_operation(&mut api, |_, operation| {
            let content = &operation["responses"]["503"]["content"];
            assert!(content.get("application/problem+json").is_some(), "{operation:?}");
        });
    }
}
