//! What is answered when no script says so.
//!
//! - A schema: JSON that fits it.
//! - Tools: those that the prompt names are called, all at once, with the JSON that follows the name,
//!   or else with what fits their schema. Once they have answered, their answers are summed up;
//!   if the prompt says "forever", they are called again.
//! - "N words": so many of them. "Code" or "function": a block of it. "Refuse": a refusal.
//! - All else is repeated.

use serde_json::{Deserializer, Value};

use crate::answer::{Answer, ToolCall};
use crate::ask::{Ask, Choice, Tool};
use crate::sample;

/// How much of a text is repeated.
const REPEATED_CHARS_MAX: usize = 300;

const WORDS_MAX: usize = 100_000;

/// How an answer begins that has nothing better to say.
pub(crate) const OPENING: &str = "This is a simulated answer of ";

pub(crate) fn answer(ask: &Ask) -> Answer {
    let thinking = ask.thinks.then(|| format!("They want: {}", shown(&ask.prompt)));
    let calls = calls(ask);
    if !calls.is_empty() {
        let text = format!("I will use {}.", names(&calls));
        return Answer { thinking, text, tool_calls: calls, ..Answer::default() };
    }
    Answer { thinking, ..in_words(ask) }
}

fn in_words(ask: &Ask) -> Answer {
    let lower = ask.prompt.to_lowercase();
    if let Some(schema) = &ask.schema {
        return Answer::text(sample::of(schema, &ask.prompt).to_string());
    }
    if !ask.results.is_empty() {
        return Answer::text(format!("The tools said: {}", shown(&ask.results.join("; "))));
    }
    if lower.contains("please refuse") {
        let stop_reason = Some("refusal".into());
        return Answer { stop_reason, ..Answer::text("I will not do that.") };
    }
    if let Some(count) = words_wanted(&lower) {
        return Answer::text(vec!["word"; count].join(" "));
    }
    if let Some(code) = code(&format!("{} {lower}", ask.system.to_lowercase())) {
        return Answer::text(code);
    }
    Answer::text(format!("{OPENING}{}. You said: {}", ask.model, shown(&ask.prompt)))
}

pub(crate) fn shown(text: &str) -> String {
    text.chars().take(REPEATED_CHARS_MAX).collect()
}

fn names(calls: &[ToolCall]) -> String {
    calls.iter().map(|call| call.name.as_str()).collect::<Vec<_>>().join(" and ")
}

pub(crate) fn calls(ask: &Ask) -> Vec<ToolCall> {
    let wanted: Vec<&Tool> = match &ask.choice {
        Choice::None => return Vec::new(),
        Choice::Named(name) => ask.tools.iter().filter(|tool| tool.name == *name).collect(),
        Choice::Any | Choice::Auto => {
            let goes_on = ask.results.is_empty() || ask.prompt.contains("forever");
            let named = ask.tools.iter().filter(|tool| goes_on && is_named(tool, &ask.prompt));
            let named: Vec<&Tool> = named.collect();
            let any = matches!(ask.choice, Choice::Any) && named.is_empty();
            if any { ask.tools.first().into_iter().collect() } else { named }
        }
    };
    let count_max = if ask.one_tool { 1 } else { usize::MAX };
    let call = |tool: &Tool| ToolCall { name: tool.name.clone(), input: input(tool, &ask.prompt) };
    wanted.into_iter().take(count_max).map(call).collect()
}

pub(crate) fn is_named(tool: &Tool, prompt: &str) -> bool {
    let (name, prompt) = (tool.name.to_lowercase(), prompt.to_lowercase());
    prompt.contains(&name) || prompt.contains(&name.replace('_', " "))
}

fn input(tool: &Tool, prompt: &str) -> Value {
    given_input(tool, prompt).unwrap_or_else(|| sample::of(&tool.schema, prompt))
}

/// The JSON that follows the tool's name.
pub(crate) fn given_input(tool: &Tool, prompt: &str) -> Option<Value> {
    let (_, rest) = prompt.split_once(tool.name.as_str())?;
    let json = rest.trim_start_matches([' ', ':', '(']);
    let given = json.starts_with('{').then(|| Deserializer::from_str(json).into_iter().next());
    given.flatten()?.ok()
}

fn words_wanted(prompt: &str) -> Option<usize> {
    let (before, _) = prompt.split_once(" words")?;
    let count: usize = before.rsplit(' ').next()?.parse().ok()?;
    Some(count.min(WORDS_MAX))
}

fn code(text: &str) -> Option<String> {
    if !["code", "function", "program", "script"].iter().any(|word| text.contains(word)) {
        return None;
    }
    let (language, body) = if text.contains("rust") {
        ("rust", "fn main() {\n    println!(\"simulated\");\n}")
    } else if text.contains("javascript") {
        ("javascript", "console.log(\"simulated\");")
    } else {
        ("python", "def main():\n    print(\"simulated\")\n\n\nmain()")
    };
    Some(format!("Here it is:\n\n```{language}\n{body}\n```\n"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ask(prompt: &str) -> Ask {
        let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
        let tool = |name: &str| Tool { name: name.into(), schema: schema.clone() };
        let tools = vec![tool("get_weather"), tool("get_time")];
        Ask { prompt: prompt.into(), tools, ..Ask::default() }
    }

    fn called(ask: &Ask) -> Vec<String> {
        answer(ask).tool_calls.into_iter().map(|call| call.name).collect()
    }

    #[test]
    fn tools_that_are_named_are_called_at_once() {
        assert_eq!(
            called(&ask("use get_time and the get weather tool")),
            ["get_weather", "get_time"]
        );
        assert!(called(&ask("hello")).is_empty());
        let answered = Ask { results: vec!["sunny".into()], ..ask("get_weather") };
        assert_eq!(answer(&answered).text, "The tools said: sunny");
        assert_eq!(called(&Ask { prompt: "get_time forever".into(), ..answered }), ["get_time"]);
    }

    #[test]
    fn the_input_may_stand_in_the_prompt() {
        let calls = answer(&ask(r#"call get_weather {"city": "Ulm"} please"#)).tool_calls;
        assert_eq!(calls[0].input, json!({"city": "Ulm"}));
        let calls = answer(&Ask { choice: Choice::Any, ..ask("go on") }).tool_calls;
        assert!(calls[0].input["city"].is_string());
    }

    #[test]
    fn words_and_code_are_given() {
        assert_eq!(answer(&ask("write 3 words")).text, "word word word");
        assert!(answer(&ask("a rust program")).text.contains("```rust\nfn main"));
    }
}
