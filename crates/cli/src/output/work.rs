//! What models and tools do, in a line each.

use agent_runner_domain::event::StepStatus;
use console::style;
use serde_json::Value;

use super::{cost::Tokens, event::printable, money::dollars};

/// Each token that a provider read is in one of these.
const TOKENS_IN: [&str; 4] =
    ["input_tokens", CACHED, "cache_write_5m_input_tokens", "cache_write_1h_input_tokens"];
const CACHED: &str = "cache_read_input_tokens";

/// What fits beside the time and the label.
const SHOWN_CHARS: usize = 80;

pub(super) fn usage(provider: &str, model: &str, usage: &Value, cost_usd: Option<f64>) -> String {
    let count = |name: &str| usage.get(name).and_then(Value::as_u64).unwrap_or(0);
    let read = TOKENS_IN.iter().map(|name| count(name)).sum();
    let tokens = Tokens { read, cached: count(CACHED), written: count("output_tokens") };
    let mut facts = vec![printable(&format!("{provider}/{model}")), tokens.to_string()];
    facts.push(cost_usd.map_or_else(|| "unpriced".to_owned(), dollars));
    facts.join(" · ")
}

pub(super) fn call(name: &str, input: &Value) -> String {
    format!("{} {}", style(printable(name)).cyan(), short(&input.to_string()))
}

pub(super) fn result(name: &str, is_error: bool, ms: u64, output: &str) -> String {
    let mark = if is_error { style("failed").red() } else { style("→") };
    format!("{} {mark} {} ({ms} ms)", style(printable(name)).cyan(), short(output))
}

pub(super) fn step(name: &str, status: StepStatus, message: Option<&str>) -> String {
    let status = match status {
        StepStatus::Begun => style("begun"),
        StepStatus::Done => style("done").green(),
        StepStatus::Resumed => style("resumed").green(),
        StepStatus::Failed => style("failed").red(),
    };
    let message = message.map(|message| format!(": {}", short(message))).unwrap_or_default();
    format!("{} {status}{message}", printable(name))
}

/// On one line, and not too long for it.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String = printable(&line).chars().take(SHOWN_CHARS).collect();
    if line.chars().count() > SHOWN_CHARS {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_without_a_price_is_not_free() {
        let used = json!({"input_tokens": 12, "cache_read_input_tokens": 0, "output_tokens": 5});
        let said = usage("zai", "glm-9", &used, None);
        assert_eq!(said, "zai/glm-9 · 12 tokens in, 5 out · unpriced");
        let said = usage("ollama", "x", &json!({"cache_read_input_tokens": 8}), Some(0.0));
        assert_eq!(said, "ollama/x · 8 tokens in (8 cached), 0 out · $0");
    }

    #[test]
    fn whatever_a_tool_says_fits_on_a_line() {
        let said = result("read", true, 3, &"a\n".repeat(200));
        assert!(!said.contains('\n') && said.chars().count() < 120, "{said}");
    }
}
