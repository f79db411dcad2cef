//! What a call costs.
//!
//! The table is a data file. A model, tier or kind of token that is not in it makes a call
//! *unpriced*: that is not the same as free, and is never shown as $0.

mod table;

use std::collections::BTreeMap;
use std::path::Path;

use self::table::{Entry, File};
use crate::response::Usage;

const BUILT_IN: &str = include_str!("../data/prices.json");

/// What a call cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cost {
    /// In billionths of a dollar, rounded up.
    Priced { nanodollars: u64 },
    /// The reason is for people.
    Unpriced { reason: String },
}

impl Cost {
    #[must_use]
    pub fn dollars(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "dollars are for showing")]
            Self::Priced { nanodollars } => Some(*nanodollars as f64 / 1e9),
            Self::Unpriced { .. } => None,
        }
    }
}

/// The price table.
#[derive(Clone, Debug)]
pub struct Prices {
    date: String,
    models: BTreeMap<String, Entry>,
}

#[derive(Debug, thiserror::Error)]
pub enum PricesError {
    #[error("prices file {path}: cannot be read")]
    Unreadable { path: String, source: std::io::Error },
    #[error("prices file {path}: {problem}")]
    Wrong { path: String, problem: String },
}

impl Default for Prices {
    fn default() -> Self {
        Self::built_in()
    }
}

impl Prices {
    /// The table that came with this program.
    #[must_use]
    pub fn built_in() -> Self {
        let file = File::parse(BUILT_IN).expect("the table in this program is tested");
        Self { date: file.date.unwrap_or_default(), models: file.models }
    }

    /// The built-in table, with the models of a file of the same form in place of its own.
    ///
    /// # Errors
    /// If the file is not there or not of that form.
    pub fn with_overrides(path: &Path) -> Result<Self, PricesError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|source| PricesError::Unreadable { path: shown.clone(), source })?;
        Self::overridden_by(&text).map_err(|problem| PricesError::Wrong { path: shown, problem })
    }

    /// The same with the content of such a file.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn overridden_by(text: &str) -> Result<Self, String> {
        let file = File::parse(text)?;
        let mut prices = Self::built_in();
        prices.models.extend(file.models);
        if let Some(date) = file.date {
            prices.date = date;
        }
        Ok(prices)
    }

    /// From when the prices are.
    #[must_use]
    pub fn date(&self) -> &str {
        &self.date
    }

    /// The models that have a price.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.models.keys().map(String::as_str)
    }

    /// What a call cost, by the model that answered (not the one that was asked) and the tier in the
    /// usage. The same model has other prices, or none, with another provider.
    #[must_use]
    pub fn cost(&self, provider: &str, model: &str, usage: &Usage) -> Cost {
        let Some(entry) = self.entry(model).filter(|entry| entry.provider == provider) else {
            return Cost::Unpriced {
                reason: format!("{provider} has no price for {model:?} here"),
            };
        };
        match entry.picodollars(usage) {
            Ok(picodollars) => {
                let nanodollars = u64::try_from(picodollars.div_ceil(1000)).unwrap_or(u64::MAX);
                Cost::Priced { nanodollars }
            }
            Err(what) => {
                Cost::Unpriced { reason: format!("{model:?} has no price for {what} here") }
            }
        }
    }

    /// The most that a call can cost whose prompt has so many tokens, for reserving money before it.
    #[must_use]
    pub fn cost_max(
        &self,
        provider: &str,
        model: &str,
        prompt_tokens: u64,
        output_tokens: u64,
    ) -> Cost {
        let read = Usage { input_tokens: prompt_tokens, output_tokens, ..Usage::default() };
        let written =
            Usage { cache_write_1h_input_tokens: prompt_tokens, output_tokens, ..Usage::default() };
        let costs = [read, written].map(|usage| self.cost(provider, model, &usage));
        match costs {
            [Cost::Priced { nanodollars: read }, Cost::Priced { nanodollars: written }] => {
                Cost::Priced { nanodollars: read.max(written) }
            }
            [read, _] => read,
        }
    }

    fn entry(&self, model: &str) -> Option<&Entry> {
        let model = model.strip_prefix("models/").unwrap_or(model);
        let listed = |name: &str| {
            self.models.get(name).or_else(|| {
                self.models.values().find(|entry| entry.aliases.iter().any(|alias| alias == name))
            })
        };
        listed(model).or_else(|| listed(without_date(model)?))
    }
}

/// `claude-opus-4-5-20251101` and `gpt-6-luna-2026-08-01` are snapshots of what has the price.
fn without_date(model: &str) -> Option<&str> {
    let digits = |text: &str, count: usize| {
        text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let (rest, last) = model.rsplit_once('-')?;
    if digits(last, 8) {
        return Some(rest);
    }
    let (rest, month) = rest.rsplit_once('-')?;
    let (rest, year) = rest.rsplit_once('-')?;
    (digits(last, 2) && digits(month, 2) && digits(year, 4)).then_some(rest)
}

#[cfg(test)]
mod tests;
