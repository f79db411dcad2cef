//! What is answered to people who try things out.
//!
//! As the rules have it, but told at more length, and with tools that nobody named:
//!
//! - Tools: those that the prompt names, once each; else the first of those whose input can be made
//!   up from the prompt. Nothing is fetched from an address that the prompt does not have.
//! - A tool that wants the ids of jobs is called as soon as another tool has answered with some.
//! - A schema: questions about the topic where questions are wanted.
//! - One of those questions, or what was found out about all of them: what a model would say at this place.

mod code;
mod research;
mod tools;
mod topic;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::rules;
use crate::sample;

const CLOSING: &str = "\n\nNo model was asked. A simulator repeats what it is told, so that \
    everything around a model can be tried without a key: the stream that you see, usage and what \
    it would cost, tools, failures and budgets.";

pub(crate) fn answer(ask: &Ask) -> Answer {
    let calls = tools::calls(ask);
    if !calls.is_empty() {
        return Answer { tool_calls: calls, ..Answer::text(intention(ask)) };
    }
    if let Some(schema) = &ask.schema {
        let topic = topic::of(&ask.prompt);
        return Answer::text(sample::about(schema, &ask.prompt, &topic).to_string());
    }
    if !ask.results.is_empty() {
        return Answer::text(conclusion(ask));
    }
    if let Some(text) = research::answer(ask) {
        return Answer::text(text);
    }
    if let Some(text) = code::answer(ask) {
        return Answer::text(text);
    }
    let mut answer = rules::answer(ask);
    if answer.stop_reason.is_none() && answer.text.starts_with(rules::OPENING) {
        answer.text.push_str(CLOSING);
    }
    answer
}

fn intention(ask: &Ask) -> String {
    if ask.called.is_empty() {
        "Let me look that up with the tools that I have.".to_owned()
    } else {
        "There is something to wait for; I look again.".to_owned()
    }
}

fn conclusion(ask: &Ask) -> String {
    let answers = ask.called.iter().zip(&ask.results);
    let lines: Vec<String> =
        answers.map(|(tool, result)| format!("- {tool}: {}", rules::shown(result))).collect();
    format!(
        "{}{}. The tools have said:\n\n{}\n\nThat is all there is to say about: {}",
        rules::OPENING,
        ask.model,
        lines.join("\n"),
        topic::of(&ask.prompt)
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ask::Tool;

    #[test]
    fn a_tool_is_called_and_then_there_is_an_end() {
        let schema = json!({"type": "object", "required": ["expression"],
            "properties": {"expression": {"type": "string"}, "digits": {"type": "integer"}}});
        let tools = vec![Tool { name: "calculator".into(), schema }];
        let ask = Ask { prompt: "What is 17 * 23?".into(), tools, ..Ask::default() };
        let called = answer(&ask);
        assert_eq!(called.tool_calls[0].input, json!({"expression": "17 * 23"}));
        let (called, results) = (vec!["calculator".into()], vec!["391".into()]);
        let end = answer(&Ask { called, results, ..ask });
        assert!(
            end.tool_calls.is_empty() && end.text.contains("- calculator: 391"),
            "{}",
            end.text
        );
    }

    #[test]
    fn a_plan_asks_about_its_topic() {
        let schema = json!({"type": "object", "properties": {"questions":
            {"type": "array", "items": {"type": "string"}, "minItems": 3, "maxItems": 3}}});
        let ask = Ask {
            prompt: "Plan the research.\nTopic: tides".into(),
            schema: Some(schema),
            ..Ask::default()
        };
        assert!(answer(&ask).text.contains("What is known about tides?"), "{}", answer(&ask).text);
    }

    #[test]
    fn a_chat_is_told_that_nobody_was_asked() {
        let ask = Ask { prompt: "hello".into(), model: "m".into(), ..Ask::default() };
        let text = answer(&ask).text;
        assert!(text.starts_with("This is a simulated answer of m. You said: hello"), "{text}");
        assert!(text.contains("No model was asked"), "{text}");
    }
}
