//! The form of the price file, and the sum of one call.
//!
//! Money is whole numbers: a price per million tokens in millionths of a dollar is a price per token
//! in picodollars.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::response::{ServiceTier, Usage};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) date: Option<String>,
    #[serde(rename = "unit")]
    _unit: Option<String>,
    pub(super) models: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) provider: String,
    input: Price,
    output: Price,
    cache_read: Option<Price>,
    cache_write_5m: Option<Price>,
    cache_write_1h: Option<Price>,
    /// Per thousand requests.
    web_search: Option<Price>,
    /// Prices of longer prompts, for the whole call.
    #[serde(default)]
    above: Vec<Above>,
    #[serde(default)]
    tiers: BTreeMap<String, Tier>,
    #[serde(default)]
    modifiers: BTreeMap<String, Factor>,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Above {
    prompt_tokens: u64,
    input: Price,
    output: Price,
    cache_read: Option<Price>,
    cache_write_5m: Option<Price>,
    cache_write_1h: Option<Price>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tier {
    factor: Factor,
    cache_read_factor: Option<Factor>,
}

/// Picodollars per token; in the file, dollars per million of them.
#[derive(Clone, Copy, Debug)]
struct Price(u128);

/// Thousandths.
#[derive(Clone, Copy, Debug)]
struct Factor(u128);

const ONE: Factor = Factor(1000);

/// No price and no factor in the world is higher, and sums of such stay far from overflowing.
const NUMBER_MAX: f64 = 1e4;

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        whole(deserializer, 1e6, "a price in dollars").map(Self)
    }
}

impl<'de> Deserialize<'de> for Factor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        whole(deserializer, 1e3, "a factor").map(Self)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn whole<'de, D: Deserializer<'de>>(d: D, parts: f64, what: &str) -> Result<u128, D::Error> {
    let number = f64::deserialize(d)?;
    if !(0.0..=NUMBER_MAX).contains(&number) {
        return Err(D::Error::custom(format!(
            "{what} must be from 0 to {NUMBER_MAX}, not {number}"
        )));
    }
    Ok((number * parts).round() as u128)
}

impl File {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let file: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        for (name, entry) in &file.models {
            if !entry.above.is_sorted_by(|a, b| a.prompt_tokens < b.prompt_tokens) {
                return Err(format!("models.{name}.above: must be sorted by prompt_tokens"));
            }
        }
        Ok(file)
    }
}

impl Entry {
    /// `Err` names what has no price.
    pub(super) fn picodollars(&self, usage: &Usage) -> Result<u128, String> {
        let (factor, read_factor) = self.factors(usage)?;
        let prices = self.prices(usage.prompt_tokens());
        let tokens = [
            (usage.input_tokens, Some(prices.input), factor, "input"),
            (usage.cache_read_input_tokens, prices.cache_read, read_factor, "cache reads"),
            (usage.cache_write_5m_input_tokens, prices.cache_write_5m, factor, "cache writes"),
            (
                usage.cache_write_1h_input_tokens,
                prices.cache_write_1h,
                factor,
                "cache writes for 1 h",
            ),
            (usage.output_tokens, Some(prices.output), factor, "output"),
        ];
        let mut sum = 0;
        for (count, price, factor, what) in tokens {
            sum += times(count, price, factor).ok_or(what)?;
        }
        let per_request = self.web_search.map(|Price(thousand)| Price(thousand * 1000));
        let searches = times(usage.web_search_requests, per_request, ONE).ok_or("web searches")?;
        Ok(sum + searches)
    }

    fn prices(&self, prompt_tokens: u64) -> Above {
        let longer = self.above.iter().rev().find(|above| prompt_tokens > above.prompt_tokens);
        longer.cloned().unwrap_or(Above {
            prompt_tokens: 0,
            input: self.input,
            output: self.output,
            cache_read: self.cache_read,
            cache_write_5m: self.cache_write_5m,
            cache_write_1h: self.cache_write_1h,
        })
    }

    /// By what all prices are multiplied, and that of cache reads.
    fn factors(&self, usage: &Usage) -> Result<(Factor, Factor), String> {
        let (mut factor, mut read) = match &usage.service_tier {
            None | Some(ServiceTier::Standard) => (ONE, ONE),
            Some(tier) => {
                let tier = self.tiers.get(tier.as_str()).ok_or(format!("the tier {tier:?}"))?;
                (tier.factor, tier.cache_read_factor.unwrap_or(tier.factor))
            }
        };
        for name in &usage.price_modifiers {
            let more = self.modifiers.get(name).ok_or(format!("the modifier {name:?}"))?;
            (factor, read) = (factor.and(*more), read.and(*more));
        }
        Ok((factor, read))
    }
}

impl Factor {
    fn and(self, other: Self) -> Self {
        Self(self.0.saturating_mul(other.0) / ONE.0)
    }
}

/// `None`: there is no price, and something to pay.
fn times(count: u64, price: Option<Price>, factor: Factor) -> Option<u128> {
    match (count, price) {
        (0, _) => Some(0),
        (_, None) => None,
        (_, Some(Price(price))) => {
            Some(((u128::from(count) * price).saturating_mul(factor.0)).div_ceil(ONE.0))
        }
    }
}
