//! `GET /jobs/{id}/events`

use agent_runner_api_types::{EventPage, EventView, ProblemCode, schema};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};

use super::sse;
use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{JobPath, Json, Query},
};

const LIMIT_DEFAULT: u64 = 200;
const LIMIT_MAX: u64 = 1_000;
const LAST_EVENT_ID: &str = "last-event-id";

/// Shows a job's log, as JSON pages or (with `Accept: text/event-stream`) as a stream of server-sent events.
///
/// In the stream, `id` is the event's `seq`, `event` its `kind` and `data` its JSON. It begins after
/// `Last-Event-ID` (or `after`), and ends with the event `end` once the job is final and all was sent.
#[utoipa::path(
    get, path = "/jobs/{id}/events", tag = "jobs", operation_id = "listEvents",
    params(
        ("id" = schema::JobId, Path, description = "The job."),
        ("after" = Option<u64>, Query, minimum = 0, maximum = 9_007_199_254_740_991_u64,
            description = "Only events numbered above this."),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "At most this many; 200."),
        ("wait" = Option<u64>, Query, minimum = 0, maximum = 86_400,
            description = "Wait so many seconds (25 at most) for the first event."),
        ("Last-Event-ID" = Option<u64>, Header, minimum = 0, maximum = 9_007_199_254_740_991_u64,
            description = "The id of the last event that a broken stream delivered."),
    ),
    responses((status = 200, description = "Some of the log, or the stream.", content(
        (EventPage = "application/json"), (String = "text/event-stream"),
    ))),
)]
pub(crate) async fn events(
    State(app): State<App>,
    caller: Caller,
    JobPath(id): JobPath,
    headers: HeaderMap,
    mut query: Query,
) -> Result<Response, ApiError> {
    caller.require(Scope::Read)?;
    let after = query.number("after", 0, sse::SEQ_MAX);
    let limit = query.number("limit", 1, LIMIT_MAX).unwrap_or(LIMIT_DEFAULT);
    let wait = query.wait();
    query.finish()?;
    let after = last_event_id(&headers)?.or(after).unwrap_or_default();
    if streams(&headers)? {
        app.jobs.get(&caller.tenant, id).await?;
        return Ok(sse::stream(app, caller.tenant, id, after));
    }
    let limit = usize::try_from(limit).expect("in bounds");
    let page = tokio::select! {
        page = app.jobs.events(&caller.tenant, id, after, limit, wait) => page?,
        () = app.stopping.cancelled() => return Err(ApiError::unavailable("the server stops")),
    };
    let next_after = page.events.last().map_or(after, |event| event.seq);
    let events = page.events.into_iter().map(EventView::from).collect();
    Ok(Json(EventPage { events, next_after, complete: page.complete }).into_response())
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let number = value.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = number.and_then(|text| text.parse().ok()).filter(|seq| *seq <= sse::SEQ_MAX);
    let wanted = || {
        ApiError::parameter(LAST_EVENT_ID, "the id of an earlier event, a whole number, is wanted")
    };
    number.map(Some).ok_or_else(wanted)
}

/// Whether a stream is wanted rather than a page.
fn streams(headers: &HeaderMap) -> Result<bool, ApiError> {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<_> = accepted
        .flat_map(|value| value.split(','))
        .map(|range| range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
        .collect();
    let any = |wanted: &[&str]| ranges.iter().any(|range| wanted.contains(&range.as_str()));
    if any(&["text/event-stream"]) {
        return Ok(true);
    }
    if ranges.is_empty() || any(&["application/json", "application/*", "*/*"]) {
        return Ok(false);
    }
    Err(ApiError::new(
        ProblemCode::NotAcceptable,
        "events come as application/json or text/event-stream",
    )
    .fix("Accept one of these types."))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Request;
    use serde_json::json;

    use crate::test_site::TestSite;

    #[tokio::test]
    async fn pages_lead_through_the_log() {
        let site = TestSite::new();
        let id = site.submit(&json!({})).await.job_id();
        site.run_one().await;
        let page = site.get(&format!("/jobs/{id}/events?limit=3")).await.json();
        let seen = |page: &serde_json::Value| {
            let events = page["events"].as_array().unwrap().iter();
            events.map(|event| event["status"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(seen(&page), ["QUEUED", "LAUNCHING", "RUNNING"]);
        assert_eq!((&page["next_after"], &page["complete"]), (&json!(3), &json!(false)));
        let rest = site.get(&format!("/jobs/{id}/events?after=3&wait=5")).await.json();
        assert_eq!((seen(&rest), &rest["complete"]), (vec!["SUCCEEDED".to_owned()], &json!(true)));
    }

    #[tokio::test]
    async fn a_stream_resumes_after_the_last_event_and_ends() {
        let site = TestSite::new();
        let id = site.submit(&json!({})).await.job_id();
        site.run_one().await;
        let stream =
            Request::get(format!("/jobs/{id}/events")).header("accept", "text/event-stream");
        let answer = site.send(stream.header("last-event-id", "3"), Body::empty()).await;
        assert_eq!(answer.header("content-type"), "text/event-stream");
        let text = String::from_utf8(answer.body).unwrap();
        let events: Vec<_> = text.split("\n\n").filter(|event| !event.is_empty()).collect();
        assert_eq!(events.len(), 2, "{text}");
        assert!(events[0].contains("event: state") && events[0].contains("id: 4"), "{text}");
        assert_eq!(events[1], "event: end\ndata: {\"status\":\"SUCCEEDED\"}");
    }

    #[tokio::test]
    async fn what_agents_do_is_told_in_pages_and_streams() {
        let site = TestSite::new();
        let id = site.submit(&json!({})).await.job_id();
        let worker = site.launch().await;
        worker.say("start", &json!({})).await;
        let said = [
            json!({"kind": "step", "name": "plan", "status": "begun"}),
            json!({"kind": "tool_call", "id": "t1", "name": "add", "input": {"a": [1.5]}}),
            json!({"kind": "tool_result", "id": "t1", "name": "add", "is_error": false, "ms": 3, "output": "2"}),
            json!({
                "kind": "usage", "call": "turn-1", "provider": "anthropic", "model": "claude",
                "usage": {"input_tokens": 3}, "cost_usd": 0.25,
            }),
            json!({"kind": "text", "text": "hé"}),
        ];
        let stamped = said.clone().map(|mut event| {
            event["at"] = json!("2027-01-15T08:00:00Z");
            event["attempt"] = json!(1);
            event
        });
        let events = json!({"first": 1, "events": stamped});
        assert_eq!(worker.say("events", &events).await.status, 204);
        let path = format!("/jobs/{id}/events?after=3");
        let page = site.get(&path).await.json();
        for (at, event) in said.iter().enumerate() {
            for (name, value) in event.as_object().unwrap() {
                assert_eq!(page["events"][at][name], *value, "{event}");
            }
        }
        site.post(&format!("/jobs/{id}/cancel"), "").await;
        let stream = Request::get(&path).header("accept", "text/event-stream");
        let text = String::from_utf8(site.send(stream, Body::empty()).await.body).unwrap();
        let names = text.lines().filter_map(|line| line.strip_prefix("event: "));
        let expected = ["step", "tool_call", "tool_result", "usage", "text", "state", "end"];
        assert_eq!(names.collect::<Vec<_>>(), expected);
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_reader_is_named() {
        let site = TestSite::new();
        let id = site.submit(&json!({})).await.job_id();
        let path = format!("/jobs/{id}/events");
        let png = Request::get(&path).header("accept", "image/png");
        assert_eq!(site.send(png, Body::empty()).await.problem().1, "not_acceptable");
        let last = Request::get(&path).header("last-event-id", "-1");
        assert_eq!(site.send(last, Body::empty()).await.problem().2, ["last-event-id"]);
        let wrong = site.get(&format!("{path}?after=-1&limit=1001&x=1")).await;
        assert_eq!(wrong.problem().2, ["?after", "?limit", "?x"]);
    }
}
