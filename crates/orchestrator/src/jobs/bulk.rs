//! `POST /jobs/bulk`

use std::collections::HashSet;

use agent_runner_api_types::{BulkAnswer, BulkLine, Fault, Form, Problem, ProblemCode, SubmitJob};
use agent_runner_engine::jobs::{Draft, Submitted};
use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use serde_json::value::RawValue;

use super::{
    bulk_answer::WrittenAnswer,
    costs::Costs,
    draft::{IdempotencyKey, Place, Refused, draft},
};
use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{self, Query},
};

/// Jobs that are handed on together when none needs another.
const PART: usize = 500;
/// Jobs in one call.
const JOBS_MAX: usize = 10_000;
const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";

/// One job of the bulk as text, with its line or place from 1.
type Line<'a> = (usize, &'a str);

/// Submits many jobs.
///
/// Each stands for itself: what is right is stored, what is wrong is answered with its problem. Within one bulk a
/// job may have a `ref`, and others may depend on it as `#ref`. With an `Idempotency-Key`, line N has the key
/// `KEY#N`, so that a bulk whose answer was lost can be sent again as it was.
#[utoipa::path(
    post, path = "/jobs/bulk", tag = "jobs", operation_id = "submitJobs",
    params(("Idempotency-Key" = Option<String>, Header, description = "Repeated submissions under one key are one.",
        min_length = 1, max_length = 255, pattern = "^[!-~]([ -~]*[!-~])?$")),
    request_body(description = "An array of jobs, or one job a line.", content(
        (Vec<SubmitJob> = "application/json"), (String = "application/x-ndjson"),
    )),
    responses((status = 200, description = "What became of each job.", body = BulkAnswer)),
)]
pub(crate) async fn bulk(
    State(app): State<App>,
    caller: Caller,
    query: Query,
    key: IdempotencyKey,
    request: Request,
) -> Result<Response, ApiError> {
    caller.require(Scope::Write)?;
    query.finish()?;
    let media_type = extract::require_media_type(request.headers(), &[JSON, NDJSON])?;
    let body = extract::utf8(extract::read_body(request, extract::BODY_BYTES_MAX).await?)?;
    let lines = if media_type == JSON { elements(&body)? } else { lines(&body) };
    if lines.len() > JOBS_MAX {
        let detail = format!("the bulk has {} jobs; {JOBS_MAX} are taken at once", lines.len());
        return Err(ApiError::new(ProblemCode::BulkTooLarge, detail).fix("Send it in parts."));
    }
    let now = app.now();
    let read = |(line, text): &Line<'_>| {
        // The parts of an array are counted, not found by their line.
        let line_in_body = if media_type == JSON { 1 } else { *line };
        let place = Place { form: Form::BulkLine, line: line_in_body };
        draft(&app, text, place, now, key.for_line(*line, text))
    };
    let mut answer = WrittenAnswer::default();
    for part in lines.chunks(part_size(&lines)) {
        let answers = submit(&app, &caller, part.iter().map(read).collect()).await;
        let stored = answers.iter().filter_map(|answer| Some(&answer.as_ref().ok()?.job));
        let costs = Costs::of(&app, stored).await?;
        let answered =
            part.iter().zip(answers).map(|((line, _), answer)| report(*line, answer, &costs));
        answer.add(answered)?;
    }
    Ok(answer.into_response())
}

/// Jobs that name each other have to be seen together. Where none has a name, a large bulk goes through in small
/// parts and needs little memory.
fn part_size(lines: &[Line<'_>]) -> usize {
    let may_have_name = |(_, text): &Line<'_>| text.contains("\"ref\"") || text.contains("\\u");
    if lines.iter().any(may_have_name) { lines.len() } else { PART }
}

/// The elements of a JSON array, as text.
fn elements(body: &str) -> Result<Vec<Line<'_>>, ApiError> {
    let elements: Vec<&RawValue> = serde_json::from_str(body).map_err(|error| {
        let text = error.to_string();
        let hint = "Send a JSON array of jobs, or one job a line as application/x-ndjson.";
        if error.is_data() {
            let wrong = Fault::new("", "an array of jobs is wanted");
            ApiError::faults(ProblemCode::InvalidRequest, vec![wrong]).fix(hint)
        } else {
            ApiError::new(ProblemCode::InvalidJson, text).fix(hint)
        }
    })?;
    Ok(elements.into_iter().enumerate().map(|(at, element)| (at + 1, element.get())).collect())
}

/// The lines of NDJSON that hold anything.
fn lines(body: &str) -> Vec<Line<'_>> {
    let numbered = body.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    numbered.filter(|(_, line)| !line.is_empty()).collect()
}

/// Hands on what can be accepted; the answers are in the given order.
async fn submit(
    app: &App,
    caller: &Caller,
    mut drafts: Vec<Result<Draft, Refused>>,
) -> Vec<Result<Submitted, ApiError>> {
    refuse_dependents_of_refused(&mut drafts);
    let mut places = Vec::with_capacity(drafts.len());
    let mut right = Vec::with_capacity(drafts.len());
    for draft in drafts {
        places.push(draft.map(|draft| right.push(draft)));
    }
    let mut answers = app.jobs.submit(&caller.tenant, right).await.into_iter();
    let answer = |place: Result<(), Refused>| match place {
        Ok(()) => answers.next().expect("every draft has an answer").map_err(ApiError::from),
        Err(refused) => Err(refused.error),
    };
    places.into_iter().map(answer).collect()
}

/// The engine does not know of what is not handed on, and would take its name for a mistake.
fn refuse_dependents_of_refused(drafts: &mut [Result<Draft, Refused>]) {
    let mut refused: HashSet<String> = HashSet::new();
    loop {
        let names = drafts.iter().filter_map(|draft| draft.as_ref().err()?.reference.clone());
        let before = refused.len();
        refused.extend(names);
        if refused.len() == before {
            return;
        }
        for place in drafts.iter_mut() {
            let Ok(draft) = place else { continue };
            let wanted = draft.depends_on_references.iter().find(|name| refused.contains(*name));
            if let Some(name) = wanted {
                let fault = Fault::new("/depends_on", format!("the job #{name} was refused"));
                let error = ApiError::faults(ProblemCode::InvalidJob, vec![fault]);
                *place = Err(Refused { error, reference: draft.reference.take() });
            }
        }
    }
}

fn report(line: usize, answer: Result<Submitted, ApiError>, costs: &Costs) -> BulkLine {
    match answer {
        Ok(submitted) => BulkLine {
            line,
            status: if submitted.existing { 200 } else { 201 },
            job: Some(costs.show(&submitted.job)),
            problem: None,
        },
        Err(error) => {
            let problem: Problem = *error.problem;
            BulkLine { line, status: problem.status, job: None, problem: Some(problem) }
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Request;
    use serde_json::{Value, json};

    use crate::test_site::{Answer, TestSite};

    async fn ndjson(site: &TestSite, body: impl Into<String>) -> Answer {
        let request = Request::post("/jobs/bulk").header("content-type", "application/x-ndjson");
        site.send(request, body.into()).await
    }

    fn line(fields: &str) -> String {
        format!(r#"{{"job_type": "echo", "payload": {{"message": "a"}}{fields}}}"#)
    }

    /// Line, status and code (or the job's status).
    fn verdicts(answer: &Answer) -> Vec<(u64, u64, String)> {
        let verdict = |line: &Value| {
            let word = line["problem"]["code"].as_str().or(line["job"]["status"].as_str());
            (
                line["line"].as_u64().unwrap(),
                line["status"].as_u64().unwrap(),
                word.unwrap().to_owned(),
            )
        };
        answer.json()["lines"].as_array().unwrap().iter().map(verdict).collect()
    }

    fn expect(verdicts: &[(u64, u64, &str)]) -> Vec<(u64, u64, String)> {
        verdicts.iter().map(|(line, status, word)| (*line, *status, (*word).to_owned())).collect()
    }

    #[tokio::test]
    async fn each_line_is_answered_by_itself() {
        let site = TestSite::new();
        let body = [
            line(r##", "ref": "b", "depends_on": ["#a"]"##),
            line(r#", "ref": "a""#),
            String::new(),
            "{bad".to_owned(),
            line(r#", "priority": 99"#),
        ];
        let answer = ndjson(&site, body.join("\n")).await;
        let expected = [
            (1, 201, "BLOCKED"),
            (2, 201, "QUEUED"),
            (4, 400, "invalid_json"),
            (5, 422, "invalid_job"),
        ];
        assert_eq!(verdicts(&answer), expect(&expected));
        let answer = answer.json();
        assert_eq!((&answer["accepted"], &answer["refused"]), (&json!(2), &json!(2)));
        assert_eq!(answer["lines"][0]["job"]["depends_on"][0], answer["lines"][1]["job"]["job_id"]);
        let detail = answer["lines"][2]["problem"]["detail"].as_str().unwrap();
        assert!(detail.ends_with("at line 4 column 2"), "{detail}");
    }

    #[tokio::test]
    async fn circles_and_unknown_names_and_what_hangs_on_them_are_refused() {
        let site = TestSite::new();
        let body = [
            line(r##", "ref": "a", "depends_on": ["#b"]"##),
            line(r##", "ref": "b", "depends_on": ["#a"]"##),
            line(r##", "ref": "me", "depends_on": ["#me"]"##),
            line(r##", "depends_on": ["#nobody"]"##),
            line(r#", "ref": "wrong", "priority": 99"#),
            line(r##", "ref": "hanging", "depends_on": ["#wrong"]"##),
            line(r##", "depends_on": ["#hanging"]"##),
        ];
        let answer = ndjson(&site, body.join("\n")).await;
        assert!(verdicts(&answer).iter().all(|(_, _, code)| code == "invalid_job"), "{answer:?}");
        let last = answer.json()["lines"][6]["problem"]["detail"].clone();
        assert_eq!(last, "/depends_on: the job #hanging was refused");
        assert_eq!(site.stored().await, 0);
    }

    #[tokio::test]
    async fn a_bulk_can_be_sent_again() {
        let site = TestSite::new();
        let body = format!("[{}, {}]", line(""), line(r#", "ref": "a""#));
        let send = async || {
            let request = Request::post("/jobs/bulk").header("content-type", "application/json");
            site.send(request.header("idempotency-key", "k"), body.clone()).await
        };
        assert_eq!(verdicts(&send().await), expect(&[(1, 201, "QUEUED"), (2, 201, "QUEUED")]));
        assert_eq!(verdicts(&send().await), expect(&[(1, 200, "QUEUED"), (2, 200, "QUEUED")]));
        assert_eq!(site.stored().await, 2);
    }

    #[tokio::test]
    async fn what_is_no_bulk_is_refused_as_a_whole() {
        let site = TestSite::new();
        assert_eq!(site.post("/jobs/bulk", "{}").await.problem().1, "invalid_request");
        assert_eq!(site.post("/jobs/bulk", "[{},\n]").await.problem().1, "invalid_json");
        let many = format!("[{}]", vec!["1"; 10_001].join(","));
        assert_eq!(site.post("/jobs/bulk", many).await.problem().1, "bulk_too_large");
        let text = Request::post("/jobs/bulk").header("content-type", "text/plain");
        assert_eq!(site.send(text, "").await.problem().1, "unsupported_media_type");
        assert_eq!(
            site.post("/jobs/bulk", "[]").await.json(),
            json!({"accepted": 0, "refused": 0, "lines": []})
        );
    }
}
