//! The metric filters of the infrastructure, applied to lines as AWS does it.
//!
//! Knows as much of the language of filter patterns as those filters use: conditions on fields of JSON, all of which
//! have to hold. What else it meets is a fault of the test.

use std::collections::BTreeMap;

use serde_json::Value;

/// As Terraform reads them.
const FILTERS: &str = include_str!("../../../infra/terraform/metric-filters.json");

/// One filter: which lines count, and for what.
#[derive(Debug, Clone)]
pub struct MetricFilter {
    pub metric: String,
    conditions: Vec<Condition>,
    value: String,
    dimensions: BTreeMap<String, String>,
}

/// What a line counts for.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    pub value: f64,
    pub dimensions: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
struct Condition {
    field: String,
    operator: String,
    wanted: String,
}

impl MetricFilter {
    /// All of them.
    ///
    /// # Panics
    /// When the file is none, or uses what AWS or this does not know.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let file: BTreeMap<String, Value> =
            serde_json::from_str(FILTERS).expect("the filters are JSON");
        file.into_iter().map(|(metric, filter)| Self::new(metric, &filter)).collect()
    }

    fn new(metric: String, filter: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("a text is wanted").to_owned();
        let dimensions = filter["dimensions"].as_object().expect("dimensions are an object");
        let dimensions: BTreeMap<_, _> =
            dimensions.iter().map(|(name, field)| (name.clone(), field_of(&text(field)))).collect();
        let conditions = conditions(&text(&filter["pattern"]));
        let value = text(&filter["value"]);
        let named = |field: &str| conditions.iter().any(|condition| condition.field == field);
        let read =
            value.strip_prefix("$.").into_iter().chain(dimensions.values().map(String::as_str));
        for field in read {
            assert!(
                named(field),
                "{metric}: only fields that its pattern names can be read: {field}"
            );
        }
        assert!(dimensions.len() <= 3, "{metric}: a metric has at most three dimensions here");
        Self { metric, conditions, value, dimensions }
    }

    /// What the line counts for, if it counts.
    #[must_use]
    pub fn read(&self, line: &str) -> Option<Reading> {
        let line: Value = serde_json::from_str(line).ok()?;
        if !self.conditions.iter().all(|condition| condition.holds(&line)) {
            return None;
        }
        let value = match self.value.strip_prefix("$.") {
            Some(field) => line.get(field)?.as_f64()?,
            None => self.value.parse().ok()?,
        };
        let dimension = |(name, field): (&String, &String)| {
            let text = line.get(field)?.as_str().filter(|text| !text.is_empty())?;
            Some((name.clone(), text.to_owned()))
        };
        let dimensions = self.dimensions.iter().map(dimension).collect::<Option<_>>()?;
        Some(Reading { value, dimensions })
    }
}

/// What all lines of a log count for, by metric.
#[must_use]
pub fn read_all(log: &str) -> BTreeMap<String, Vec<Reading>> {
    let read = |filter: MetricFilter| {
        let found = log.lines().filter_map(|line| filter.read(line)).collect();
        (filter.metric.clone(), found)
    };
    MetricFilter::all().into_iter().map(read).collect()
}

impl Condition {
    /// A field that is missing meets no condition.
    fn holds(&self, line: &Value) -> bool {
        let Some(found) = line.get(&self.field) else { return false };
        let wanted = self.wanted.trim_matches('"');
        let number = || found.as_f64().zip(wanted.parse::<f64>().ok());
        match (self.operator.as_str(), wanted) {
            ("=", "*") => found.as_str() != Some(""),
            ("=", _) => found.as_str() == Some(wanted),
            ("!=", _) => found.as_str() != Some(wanted),
            (">=", _) => number().is_some_and(|(found, wanted)| found >= wanted),
            (other, _) => panic!("the operator {other} is not known here"),
        }
    }
}

fn conditions(pattern: &str) -> Vec<Condition> {
    let inner = pattern.strip_prefix("{ ").and_then(|rest| rest.strip_suffix(" }"));
    let inner = inner.unwrap_or_else(|| panic!("{pattern} is no pattern for JSON"));
    assert!(!inner.contains("||") && !inner.contains('('), "{pattern}: only && is known here");
    let condition = |text: &str| {
        let [field, operator, wanted] = text.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{text} is no condition")
        };
        let (operator, wanted) = (operator.to_owned(), wanted.to_owned());
        Condition { field: field_of(field), operator, wanted }
    };
    inner.split(" && ").map(condition).collect()
}

fn field_of(selector: &str) -> String {
    let field = selector.strip_prefix("$.").unwrap_or_else(|| panic!("{selector} is no selector"));
    let plain = field.chars().all(|each| each.is_ascii_alphanumeric() || each == '_');
    assert!(plain, "{selector}: other fields than plain ones cannot be selected");
    field.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_counts_for_what_its_fields_say() {
        let line = r#"{"event":"job_ended","status":"FAILED","cause":"worker_lost","message":"A job ended"}"#;
        let read = read_all(&[line, "no JSON", r#"{"event":"other"}"#].join("\n"));
        let counted: Vec<_> = read
            .iter()
            .filter(|(_, found)| !found.is_empty())
            .map(|(metric, _)| metric.as_str())
            .collect();
        assert_eq!(counted, ["JobsEnded", "JobsEndedByCause", "JobsFailed"]);
        let dimensions = &read["JobsEndedByCause"][0].dimensions;
        assert_eq!(dimensions["Status"], "FAILED");
        assert_eq!(dimensions["Cause"], "worker_lost");
    }
}
