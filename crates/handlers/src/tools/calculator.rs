//! `calculator`: exact arithmetic, so that a model need not guess.
//!
//! The language behind it can do more than arithmetic — functions that call themselves, shifts by any amount — and
//! that is kept out: only the characters of arithmetic and of names of units and functions come through.

use std::{
    thread,
    time::{Duration, Instant},
};

use agent_runner_domain::job::Failure;
use async_trait::async_trait;
use fend_core::Interrupt;
use serde_json::json;
use tokio::sync::oneshot;

use super::{Answer, Call, Definition, Output, Tool};

pub(super) const NAME: &str = "calculator";

const EXPRESSION_BYTES_MAX: usize = 500;
const TIME_MAX: Duration = Duration::from_secs(2);
/// Every bracket is a few calls deep.
const STACK_BYTES: usize = 32 * 1024 * 1024;
const SYMBOLS: &str = "+-*/^().,%! \t\n";

pub(super) struct Calculator(Definition);

impl Calculator {
    pub(super) fn new() -> Self {
        Self(Definition {
            name: NAME.to_owned(),
            description: "Calculates an expression exactly: + - * / ^ ! mod and brackets, functions such as sqrt, \
                ln, log10, sin (each with one argument), pi, percentages (\"20% of 50\"), units (\"3 km to miles\")."
                .to_owned(),
            input_schema: json!({
                "type": "object", "required": ["expression"], "additionalProperties": false,
                "properties": {"expression": {
                    "type": "string", "minLength": 1, "maxLength": EXPRESSION_BYTES_MAX,
                    "description": "For example: (17 + 4) * 2 / sqrt(9)",
                }},
            }),
        })
    }
}

#[async_trait(?Send)]
impl Tool for Calculator {
    fn definition(&self) -> &Definition {
        &self.0
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    async fn call(&self, call: Call<'_>) -> Result<Answer, Failure> {
        let expression = call.input["expression"].as_str().unwrap_or_default();
        let calculated = match only_arithmetic(expression) {
            Ok(expression) => on_a_deep_stack(expression).await,
            Err(reason) => Err(reason),
        };
        Ok(calculated.map_or_else(Output::error, Output::said).into())
    }
}

/// The expression without thousands separators.
fn only_arithmetic(expression: &str) -> Result<String, String> {
    if expression.len() > EXPRESSION_BYTES_MAX {
        return Err(format!("the expression is longer than {EXPRESSION_BYTES_MAX} bytes"));
    }
    let foreign = |c: &char| !c.is_ascii_alphanumeric() && !SYMBOLS.contains(*c);
    if let Some(symbol) = expression.chars().find(foreign) {
        return Err(format!("`{symbol}` is no part of arithmetic as this calculator knows it"));
    }
    let bytes = expression.as_bytes();
    let separates = |at: usize| {
        let digits = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        at > 0 && bytes[at - 1].is_ascii_digit() && digits == 3
    };
    let mut commas = expression.match_indices(',').map(|(at, _)| at);
    if commas.any(|at| !separates(at)) {
        return Err("a comma may only part thousands; functions take one argument".to_owned());
    }
    Ok(expression.replace(',', ""))
}

async fn on_a_deep_stack(expression: String) -> Result<String, String> {
    let (tell, told) = oneshot::channel();
    let started = thread::Builder::new().stack_size(STACK_BYTES).spawn(move || {
        let _ = tell.send(calculate(&expression));
    });
    if let Err(error) = started {
        return Err(format!("the calculator cannot start: {error}"));
    }
    told.await.unwrap_or_else(|_| Err("the calculator broke down".to_owned()))
}

fn calculate(expression: &str) -> Result<String, String> {
    let mut context = fend_core::Context::new();
    context.disable_rng();
    let deadline = Deadline(Instant::now() + TIME_MAX);
    let result = fend_core::evaluate_with_interrupt(expression, &mut context, &deadline);
    match result {
        Ok(result) => Ok(result.get_main_result().to_owned()),
        Err(_) if deadline.should_interrupt() => {
            Err(format!("that takes longer than {} seconds", TIME_MAX.as_secs()))
        }
        Err(reason) => Err(reason),
    }
}

struct Deadline(Instant);

impl Interrupt for Deadline {
    fn should_interrupt(&self) -> bool {
        Instant::now() >= self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn result(expression: &str) -> Result<String, String> {
        let input = json!({"expression": expression});
        let call = Call { key: "k", input: &input };
        match Calculator::new().call(call).await.unwrap() {
            Answer::Output(Output { content, is_error: false, .. }) => Ok(content),
            Answer::Output(output) => Err(output.content),
            Answer::Waits(_) => panic!("a calculator waits for nobody"),
        }
    }

    #[tokio::test]
    async fn it_calculates_exactly() {
        for (expression, expected) in [
            ("17 * 23", "391"),
            ("0.1 + 0.2", "0.3"),
            ("-3^2", "-9"),
            ("2^64", "18446744073709551616"),
            ("1,234,567 * 2", "2469134"),
            ("17 mod 5", "2"),
            ("5!", "120"),
            ("1e3", "1000"),
            ("20% of 50", "10"),
            ("3 km to m", "3000 m"),
        ] {
            assert_eq!(result(expression).await.as_deref(), Ok(expected), "{expression}");
        }
        assert!(result("sqrt(2)").await.unwrap().contains("1.414213562"));
    }

    #[tokio::test]
    async fn what_is_no_arithmetic_is_refused_with_the_reason() {
        for (expression, reason) in [
            ("1 << 100000000000", "`<`"),
            ("f = x: f x; f 1", "`=`"),
            ("(\\x. x x) (\\x. x x)", "`\\`"),
            ("max(1, 2)", "one argument"),
            ("mean(1,2)", "one argument"),
            ("1/0", "zero"),
            ("x + 1", "x"),
        ] {
            let said = result(expression).await.unwrap_err();
            assert!(said.contains(reason), "{expression}: {said}");
        }
    }

    #[tokio::test]
    async fn the_deepest_nesting_that_fits_is_survived() {
        for part in ["(", "-", "2^", "sqrt ", "1+"] {
            let expression = format!("{}1", part.repeat((EXPRESSION_BYTES_MAX - 1) / part.len()));
            let _ = result(&expression).await;
        }
    }

    #[tokio::test]
    async fn what_never_ends_is_given_up() {
        assert!(result("10^10^10").await.unwrap_err().contains("longer than 2 seconds"));
    }
}
