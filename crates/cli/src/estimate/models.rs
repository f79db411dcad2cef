//! What a job's model calls cost: the one thing that AWS does not bill.

use std::str::FromStr;

use agent_runner_llm::{Cost, Prices, Usage};

/// Of one job, all calls together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModelCall {
    pub(crate) model: String,
    pub(crate) tokens: Tokens,
}

/// Read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) read: u64,
    pub(crate) written: u64,
}

impl FromStr for Tokens {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let pair = text.split_once(',');
        let number = |text: &str| text.trim().replace('_', "").parse().ok();
        let pair = pair.and_then(|(read, written)| Some((number(read)?, number(written)?)));
        let wrong = "tokens are written READ,WRITTEN, such as 20000,1500";
        pair.map(|(read, written)| Self { read, written }).ok_or_else(|| wrong.to_owned())
    }
}

impl ModelCall {
    /// In dollars.
    pub(super) fn price(&self) -> Result<f64, String> {
        let (provider, model) = self.model.split_once('/').unwrap_or(("anthropic", &self.model));
        let Tokens { read, written } = self.tokens;
        let usage = Usage { input_tokens: read, output_tokens: written, ..Usage::default() };
        match Prices::built_in().cost(provider, model, &usage) {
            cost @ Cost::Priced { .. } => Ok(cost.dollars().unwrap_or_default()),
            Cost::Unpriced { reason } => Err(format!("{reason}; write PROVIDER/MODEL")),
        }
    }
}
