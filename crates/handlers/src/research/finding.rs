//! What came out of a question, and where it comes from.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::tool_agent::CalledTool;

/// What is said of one question.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Finding {
    pub(super) question: String,
    /// Null if there is none; then `error` says why.
    pub(super) answer: Option<String>,
    pub(super) sources: Vec<Source>,
    /// What is wrong with the answer: it was cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) notice: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

/// A call of a tool that has answered. Never what a model says that it has read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Source {
    pub(super) tool: String,
    /// What was fetched; absent where a tool does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    /// What the tool was asked, where there is no URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<Value>,
}

/// A source, and the questions that it was used for, by their numbers from 1.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct UsedSource {
    #[serde(flatten)]
    source: Source,
    questions: Vec<usize>,
}

/// Each once, in the order of the calls.
pub(super) fn sources(calls: &[CalledTool]) -> Vec<Source> {
    let mut sources = Vec::new();
    for call in calls.iter().filter(|call| !call.is_error) {
        let of = |url, input| Source { tool: call.name.clone(), url, input };
        let mut found: Vec<Source> =
            call.sources.iter().map(|url| of(Some(url.clone()), None)).collect();
        if found.is_empty() {
            found.push(of(None, Some(call.input.clone())));
        }
        for source in found {
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
    }
    sources
}

/// The sources of all findings, each once.
pub(super) fn used(findings: &[Finding]) -> Vec<UsedSource> {
    let mut all: Vec<UsedSource> = Vec::new();
    for (finding, number) in findings.iter().zip(1..) {
        for source in &finding.sources {
            match all.iter_mut().find(|used| used.source == *source) {
                Some(used) => used.questions.push(number),
                None => all.push(UsedSource { source: source.clone(), questions: vec![number] }),
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(name: &str, urls: &[&str], is_error: bool) -> CalledTool {
        CalledTool {
            name: name.to_owned(),
            input: json!({"url": "https://asked.example/"}),
            output: "see https://named.example/".to_owned(),
            is_error,
            ms: 1,
            sources: urls.iter().map(|url| (*url).to_owned()).collect(),
        }
    }

    #[test]
    fn only_what_has_answered_is_a_source_and_once() {
        let calls = [
            call("http_fetch", &["https://a.example/"], false),
            call("http_fetch", &["https://gone.example/"], true),
            call("http_fetch", &[], true),
            call("http_fetch", &["https://a.example/"], false),
            call("search", &[], false),
        ];
        let found = serde_json::to_value(sources(&calls)).unwrap();
        let expected = json!([{"tool": "http_fetch", "url": "https://a.example/"},
            {"tool": "search", "input": {"url": "https://asked.example/"}}]);
        assert_eq!(found, expected);
    }

    #[test]
    fn a_source_names_all_questions_that_it_was_used_for() {
        let finding = |urls: &[&str]| Finding {
            sources: sources(&[call("http_fetch", urls, false)]),
            ..Finding::default()
        };
        let findings = [finding(&["https://a/"]), finding(&["https://b/", "https://a/"])];
        let expected = json!([{"tool": "http_fetch", "url": "https://a/", "questions": [1, 2]},
            {"tool": "http_fetch", "url": "https://b/", "questions": [2]}]);
        assert_eq!(serde_json::to_value(used(&findings)).unwrap(), expected);
    }
}
