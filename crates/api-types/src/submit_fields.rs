//! The fields of a submission, one reader each.

use std::{collections::BTreeMap, time::Duration};

use agent_runner_domain::{
    JobId, Money, RawJson, Timestamp,
    job::{ATTEMPTS_MAX, Priority, TIMEOUT_MAX},
};
use serde_json::Value;

use crate::{
    fields::{Faults, Fields, kind_of, number, pointer, text, whole},
    link, resources,
    submit::{BackoffRequest, Dependency, Form, Rules, SubmitJob},
};

const JOB_TYPE_BYTES_MAX: usize = 100;
const DEPENDENCIES_MAX: usize = 1_000;
const TAGS_MAX: usize = 32;
const LABEL_BYTES_MAX: usize = 64;
const TAG_VALUE_BYTES_MAX: usize = 256;
/// Clocks differ: a `run_at` this little in the past means now.
const RUN_AT_SKEW: Duration = Duration::from_mins(5);
/// Nothing is planned further ahead than a (leap) year.
const AHEAD_MAX: Duration = Duration::from_hours(366 * 24);
const BACKOFF_INITIAL_MAX: f64 = 86_400.0;
const BACKOFF_MAX_MAX: f64 = 604_800.0;
/// Less than any model call costs.
const BUDGET_USD_MIN: f64 = 0.000_001;

const FIELDS: &[&str] = &[
    "job_type",
    "payload",
    "priority",
    "max_attempts",
    "backoff",
    "timeout_seconds",
    "run_at",
    "delay_seconds",
    "depends_on",
    "callback_url",
    "tags",
    "budget_usd",
    "resources",
    "parent",
    "ref",
];

/// Reads every field; what it returns counts only if no fault was added.
pub(crate) fn submission(mut fields: Fields<'_>, rules: &Rules, faults: &mut Faults) -> SubmitJob {
    let mut job = SubmitJob::new(job_type(&mut fields, faults), payload(&mut fields, faults));
    job.priority = fields.read("priority", faults, |value| priority(&value));
    job.max_attempts = fields.read("max_attempts", faults, |value| attempts(&value));
    job.backoff = backoff(&mut fields, faults);
    job.timeout_seconds = fields
        .read("timeout_seconds", faults, |value| number(&value, 0.001, TIMEOUT_MAX.as_secs_f64()));
    (job.run_at, job.delay_seconds) = start(&mut fields, rules, faults);
    job.depends_on = depends_on(&mut fields, rules.form, faults);
    job.callback_url = fields.read("callback_url", faults, |value| {
        let given = text(value)?;
        link::callback_url(&given, rules.allow_private_callbacks).map(|_| given)
    });
    job.tags = tags(&mut fields, faults);
    job.budget_usd = fields.read("budget_usd", faults, |value| budget(&value));
    job.resources = resources::read(&mut fields, faults);
    job.parent = fields.read("parent", faults, job_id);
    job.reference = reference(&mut fields, rules.form, faults);
    let known = if rules.form == Form::Single { &FIELDS[..FIELDS.len() - 1] } else { FIELDS };
    fields.refuse_rest(known, faults);
    job
}

pub(crate) fn priority_change(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Priority> {
    let Some(raw) = fields.take_raw("priority") else {
        faults.add("/priority", "the field is missing; give 1 to 10, or low, normal or high");
        return None;
    };
    let read = serde_json::from_str(raw.get()).map_err(|error| error.to_string());
    read.and_then(|value| priority(&value)).map_err(|wrong| faults.add("/priority", wrong)).ok()
}

fn job_type(fields: &mut Fields<'_>, faults: &mut Faults) -> String {
    let Some(raw) = fields.take_raw("job_type") else {
        faults.add("/job_type", "the field is missing; GET /job-types lists the job types");
        return String::new();
    };
    let read = serde_json::from_str::<Value>(raw.get()).map_err(|error| error.to_string());
    let checked = read.and_then(text).and_then(|name| {
        let fits = (1..=JOB_TYPE_BYTES_MAX).contains(&name.len());
        fits.then_some(name).ok_or_else(|| {
            format!("the name of a job type is wanted, 1 to {JOB_TYPE_BYTES_MAX} bytes; GET /job-types lists them")
        })
    });
    checked.unwrap_or_else(|message| {
        faults.add("/job_type", message);
        String::new()
    })
}

/// Kept as text: what it must be is the job type's business. Yet text can be JSON that nothing can hold,
/// such as a number beyond all bounds, half a surrogate pair or a very deep nesting.
fn payload(fields: &mut Fields<'_>, faults: &mut Faults) -> RawJson {
    let given = fields.take_raw("payload").map_or("{}", |raw| raw.get());
    let holdable = serde_json::from_str::<Value>(given);
    holdable.and_then(|_| RawJson::parse(given.to_owned())).unwrap_or_else(|error| {
        faults.add("/payload", error.to_string());
        RawJson::from(&Value::Null)
    })
}

fn priority(value: &Value) -> Result<Priority, String> {
    let level = match value.as_str() {
        Some("low") => return Ok(Priority::LOW),
        Some("normal") => return Ok(Priority::NORMAL),
        Some("high") => return Ok(Priority::HIGH),
        _ => whole(value, 1, 10),
    };
    let level = level.ok().and_then(|level| Priority::try_from(level).ok());
    level.ok_or_else(|| "a whole number from 1 to 10, or low, normal or high, is wanted".to_owned())
}

fn attempts(value: &Value) -> Result<u32, String> {
    let count = whole(value, 1, i64::from(ATTEMPTS_MAX))?;
    Ok(u32::try_from(count).expect("in bounds"))
}

fn backoff(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<BackoffRequest> {
    let members = fields.read("backoff", faults, |value| match value {
        Value::Object(members) => Ok(members),
        other => Err(format!("an object is wanted, not {}", kind_of(&other))),
    })?;
    let mut backoff = BackoffRequest::default();
    for (name, value) in members.into_iter().filter(|(_, value)| !value.is_null()) {
        let (field, min, max) = match name.as_str() {
            "initial_seconds" => (&mut backoff.initial_seconds, 0.0, BACKOFF_INITIAL_MAX),
            "factor" => (&mut backoff.factor, 1.0, 100.0),
            "max_seconds" => (&mut backoff.max_seconds, 0.0, BACKOFF_MAX_MAX),
            "jitter" => (&mut backoff.jitter, 0.0, 1.0),
            _ => {
                let known = "there is no such field; there are: initial_seconds, factor, max_seconds, jitter";
                faults.add(format!("/backoff{}", pointer(&name)), known);
                continue;
            }
        };
        match number(&value, min, max) {
            Ok(number) => *field = Some(number),
            Err(message) => faults.add(format!("/backoff/{name}"), message),
        }
    }
    Some(backoff)
}

fn start(
    fields: &mut Fields<'_>,
    rules: &Rules,
    faults: &mut Faults,
) -> (Option<Timestamp>, Option<f64>) {
    let run_at = fields.read("run_at", faults, |value| run_at(value, rules.now));
    let delay =
        fields.read("delay_seconds", faults, |value| number(&value, 0.0, AHEAD_MAX.as_secs_f64()));
    if run_at.is_some() && delay.is_some() {
        faults.add("/delay_seconds", "give run_at or delay_seconds, not both");
    }
    (run_at, delay)
}

fn run_at(value: Value, now: Timestamp) -> Result<Timestamp, String> {
    let at: Timestamp = text(value)?.parse().map_err(|error| format!("{error}"))?;
    if now.since(at) > RUN_AT_SKEW {
        return Err(format!("the time is past (it is {now}); leave run_at out to start at once"));
    }
    if at.since(now) > AHEAD_MAX {
        return Err(format!("the time is more than a year ahead (it is {now})"));
    }
    Ok(at)
}

fn budget(value: &Value) -> Result<f64, String> {
    number(value, BUDGET_USD_MIN, Money::DOLLARS_MAX)
        .map_err(|wanted| format!("{wanted}, in dollars; leave it out for no limit"))
}

fn job_id(value: Value) -> Result<JobId, String> {
    text(value)?.parse().map_err(|error| format!("{error}"))
}

fn depends_on(fields: &mut Fields<'_>, form: Form, faults: &mut Faults) -> Vec<Dependency> {
    let items = fields.read("depends_on", faults, |value| match value {
        Value::Array(items) if items.len() <= DEPENDENCIES_MAX => Ok(items),
        Value::Array(_) => Err(format!("at most {DEPENDENCIES_MAX} jobs can be depended on")),
        other => Err(format!("an array of job ids is wanted, not {}", kind_of(&other))),
    });
    let mut jobs = Vec::new();
    for (at, item) in items.unwrap_or_default().into_iter().enumerate() {
        match dependency(item, form) {
            Ok(job) if jobs.contains(&job) => {}
            Ok(job) => jobs.push(job),
            Err(message) => faults.add(format!("/depends_on/{at}"), message),
        }
    }
    jobs
}

fn dependency(item: Value, form: Form) -> Result<Dependency, String> {
    let given = text(item)?;
    match (given.strip_prefix('#'), form) {
        (Some(name), Form::BulkLine) => label(name).map(Dependency::Reference),
        (Some(_), Form::Single) => {
            Err("#names are for jobs of one bulk; give the job's id".to_owned())
        }
        (None, _) => given.parse().map(Dependency::Job).map_err(|error| format!("{error}")),
    }
}

fn reference(fields: &mut Fields<'_>, form: Form, faults: &mut Faults) -> Option<String> {
    let name = fields.read("ref", faults, |value| label(&text(value)?));
    if name.is_some() && form == Form::Single {
        faults.add("/ref", "ref names a job within POST /jobs/bulk; leave it out here");
    }
    name
}

fn tags(fields: &mut Fields<'_>, faults: &mut Faults) -> BTreeMap<String, String> {
    let members = fields.read("tags", faults, |value| match value {
        Value::Object(members) if members.len() <= TAGS_MAX => Ok(members),
        Value::Object(_) => Err(format!("at most {TAGS_MAX} tags are kept")),
        other => Err(format!("an object of strings is wanted, not {}", kind_of(&other))),
    });
    let mut tags = BTreeMap::new();
    for (key, value) in members.unwrap_or_default() {
        let path = format!("/tags{}", pointer(&key));
        if let Err(message) = label(&key) {
            faults.add(&path, format!("a tag's key: {message}"));
        }
        match tag_value(value) {
            Ok(value) => drop(tags.insert(key, value)),
            Err(message) => faults.add(path, message),
        }
    }
    tags
}

fn tag_value(value: Value) -> Result<String, String> {
    let value = text(value)?;
    let fits = value.len() <= TAG_VALUE_BYTES_MAX && !value.contains('\0');
    let wanted = || format!("at most {TAG_VALUE_BYTES_MAX} bytes without NUL are wanted");
    fits.then_some(value).ok_or_else(wanted)
}

/// Whether this is a short name that needs no quoting anywhere, as a tag's key and a `ref` are.
#[must_use]
pub fn is_label(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    (1..=LABEL_BYTES_MAX).contains(&name.len()) && name.chars().all(allowed)
}

fn label(name: &str) -> Result<String, String> {
    is_label(name).then(|| name.to_owned()).ok_or_else(|| {
        format!("1 to {LABEL_BYTES_MAX} letters, digits, `-`, `_`, `.` or `/` are wanted")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Unreadable;

    const NOW: i64 = 1_800_000_000_000;

    fn parse(body: &str, form: Form) -> Result<SubmitJob, Unreadable> {
        let now = Timestamp::from_millis(NOW);
        SubmitJob::parse(body, &Rules { form, now, allow_private_callbacks: false })
    }

    fn paths(body: &str, form: Form) -> Vec<String> {
        match parse(body, form) {
            Err(Unreadable::Faults(faults)) => faults.into_iter().map(|fault| fault.path).collect(),
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn a_whole_submission_is_read() {
        let other = JobId::from_u128(7);
        let body = format!(
            r##"{{"job_type": "echo", "payload": {{"a": [1.0]}}, "priority": "high", "max_attempts": 5,
                "backoff": {{"initial_seconds": 0.5, "jitter": 0}}, "timeout_seconds": 1.5, "delay_seconds": 2,
                "depends_on": ["{other}", "#a", "#a"], "callback_url": "https://example.com/x",
                "tags": {{"team": "red"}}, "budget_usd": 0.25, "parent": "{other}", "ref": "b"}}"##
        );
        let job = parse(&body, Form::BulkLine).unwrap();
        let spec = job.spec();
        assert_eq!(job.payload.get(), r#"{"a": [1.0]}"#);
        assert_eq!((spec.priority.get(), spec.max_attempts, spec.timeout_ms), (8, 5, 1_500));
        assert_eq!((spec.backoff.initial_ms, spec.backoff.max_ms), (500, 300_000));
        assert_eq!(spec.budget, Some(Money::from_nanodollars(250_000_000)));
        assert_eq!((spec.depends_on, job.references()), (vec![other], vec!["a".to_owned()]));
        let now = Timestamp::from_millis(NOW);
        assert_eq!(job.not_before(now), Some(Timestamp::from_millis(NOW + 2_000)));
    }

    #[test]
    fn what_a_client_writes_is_what_the_server_reads() {
        let mut job = SubmitJob::new("echo", RawJson::parse("[1]".to_owned()).unwrap());
        job.priority = Some(Priority::HIGH);
        job.depends_on = vec![Dependency::Reference("a".to_owned())];
        job.backoff = Some(BackoffRequest { factor: Some(3.0), ..BackoffRequest::default() });
        let text = serde_json::to_string(&job).unwrap();
        assert_eq!(parse(&text, Form::BulkLine).unwrap(), job);
    }

    #[test]
    fn every_fault_is_named_with_its_place() {
        let body = r##"{"payload": 1, "priority": 11, "max_attempts": 0, "backoff": {"factor": 0.5, "f": 1},
            "timeout_seconds": "1", "run_at": "2001-01-01T00:00:00Z", "depends_on": ["job_1", 3, "#x"],
            "callback_url": "http://10.0.0.1/", "tags": {"a b": "x", "c": 1}, "parent": "x", "ref": "r", "colour/~": 1}"##;
        let mut expected = vec![
            "/job_type",
            "/priority",
            "/max_attempts",
            "/backoff/factor",
            "/backoff/f",
            "/timeout_seconds",
            "/run_at",
            "/depends_on/0",
            "/depends_on/1",
            "/depends_on/2",
            "/callback_url",
            "/tags/a b",
            "/tags/c",
            "/parent",
            "/ref",
            "/colour~1~0",
        ];
        let mut found = paths(body, Form::Single);
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn times_may_be_a_little_past_and_a_year_ahead_but_not_both_given() {
        let at = |millis: i64| {
            format!(r#"{{"job_type": "x", "run_at": "{}"}}"#, Timestamp::from_millis(millis))
        };
        assert!(parse(&at(NOW - 60_000), Form::Single).is_ok());
        assert_eq!(paths(&at(NOW - 3_600_000), Form::Single), ["/run_at"]);
        assert_eq!(paths(&at(NOW + 400 * 86_400_000), Form::Single), ["/run_at"]);
        let both = r#"{"job_type": "x", "run_at": "2027-01-15T09:00:00Z", "delay_seconds": 1}"#;
        assert_eq!(paths(both, Form::Single), ["/delay_seconds"]);
        assert_eq!(
            paths(r#"{"job_type": "x", "delay_seconds": 1e300}"#, Form::Single),
            ["/delay_seconds"]
        );
    }

    #[test]
    fn a_budget_is_some_dollars_or_left_out() {
        let body = |budget: &str| format!(r#"{{"job_type": "x", "budget_usd": {budget}}}"#);
        for right in ["null", "0.000001", "5", "1e9"] {
            assert!(parse(&body(right), Form::Single).is_ok(), "{right}");
        }
        for wrong in ["0", "-1", "1e-7", "1000000000.1", "1e300", "\"5\"", "true"] {
            let Err(Unreadable::Faults(faults)) = parse(&body(wrong), Form::Single) else {
                panic!("{wrong} is no budget");
            };
            assert_eq!(faults[0].path, "/budget_usd", "{wrong}");
            let wanted = "a number from 0.000001 to 1000000000 is wanted, in dollars; leave it out for no limit";
            assert_eq!(faults[0].message, wanted);
        }
    }

    #[test]
    fn bad_json_says_where() {
        let Err(Unreadable::NotJson { message, line, column }) =
            parse("{\n  \"job_type\": ,\n}", Form::Single)
        else {
            panic!("it is no JSON");
        };
        assert_eq!((message.as_str(), line, column), ("expected value", 2, 15));
        assert_eq!(paths("[]", Form::Single), [""]);
        assert_eq!(paths(r#"{"job_type": "a", "job_type": "b"}"#, Form::Single), ["/job_type"]);
    }

    proptest! {
        #[test]
        fn any_text_is_a_submission_or_an_error(body in "\\PC{0,60}") {
            let _ = parse(&body, Form::Single);
        }

        #[test]
        fn any_value_in_any_field_is_read_or_a_fault(
            field in proptest::sample::select(FIELDS),
            value in proptest::sample::select(vec![
                "null", "true", "-1", "0.5", "1e999", "\"\"", "\"\\ud800\"", "[]", "[[]]", "{}", "{\"a\":{}}",
                "9223372036854775808", "\"low\"", "\"\\u0000\"",
            ]),
        ) {
            let _ = parse(&format!(r#"{{"{field}": {value}}}"#), Form::BulkLine);
        }
    }
}
