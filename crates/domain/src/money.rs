//! Dollars, counted exactly.
//!
//! Prices are dollars per million tokens, so one token costs millionths of a dollar and less. Sums of binary
//! fractions would drift; whole billionths do not.

use std::{fmt, iter::Sum, ops};

use serde::{Deserialize, Serialize};

/// Billionths of a dollar, never negative, at most [`Money::MAX`]. Arithmetic ends there instead of wrapping.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(from = "u64", into = "u64")]
pub struct Money(u64);

const NANODOLLARS_PER_DOLLAR: u64 = 1_000_000_000;

impl Money {
    pub const ZERO: Self = Self(0);
    /// About nine billion dollars: what a signed column of 64 bits can hold in any database.
    pub const MAX: Self = Self(i64::MAX.cast_unsigned());
    /// The most that [`Money::from_dollars`] takes.
    pub const DOLLARS_MAX: f64 = 1e9;

    /// At most [`Money::MAX`].
    #[must_use]
    pub fn from_nanodollars(nanodollars: u64) -> Self {
        Self(nanodollars.min(Self::MAX.0))
    }

    #[must_use]
    pub fn nanodollars(self) -> u64 {
        self.0
    }

    /// To the nearest billionth. `None` for what is no amount: negative, no number, over [`Money::DOLLARS_MAX`].
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range was checked"
    )]
    pub fn from_dollars(dollars: f64) -> Option<Self> {
        let nanodollars = (dollars * 1e9).round();
        (0.0..=Self::DOLLARS_MAX).contains(&dollars).then_some(Self(nanodollars as u64))
    }

    /// For people and JSON; not for sums.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "shown, not summed")]
    pub fn dollars(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// What is left after `other` is taken away; nothing when that is more.
    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl From<u64> for Money {
    fn from(nanodollars: u64) -> Self {
        Self::from_nanodollars(nanodollars)
    }
}

impl From<Money> for u64 {
    fn from(money: Money) -> Self {
        money.0
    }
}

impl ops::Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::from_nanodollars(self.0.saturating_add(other.0))
    }
}

impl ops::AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, ops::Add::add)
    }
}

/// `$0.25`, `$0.000375`: cents always, finer parts where there are some.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (dollars, rest) = (self.0 / NANODOLLARS_PER_DOLLAR, self.0 % NANODOLLARS_PER_DOLLAR);
        let fraction = format!("{rest:09}");
        let (cents, finer) = fraction.split_at(2);
        write!(f, "${dollars}.{cents}{}", finer.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_taken_to_the_nearest_billionth() {
        assert_eq!(Money::from_dollars(0.1).unwrap().nanodollars(), 100_000_000);
        assert_eq!(Money::from_dollars(0.000_000_000_6).unwrap().nanodollars(), 1);
        assert_eq!(Money::from_dollars(0.0), Some(Money::ZERO));
        assert_eq!(Money::from_dollars(1e9).unwrap().dollars().to_string(), "1000000000");
        for wrong in [-0.01, f64::NAN, f64::INFINITY, 1.000_000_1e9] {
            assert_eq!(Money::from_dollars(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sums_end_at_the_most() {
        assert_eq!(Money::MAX + Money::from_nanodollars(1), Money::MAX);
        assert_eq!(Money::from_nanodollars(u64::MAX), Money::MAX);
        assert_eq!(serde_json::from_str::<Money>("18446744073709551615").unwrap(), Money::MAX);
        assert_eq!(Money::ZERO.saturating_sub(Money::MAX), Money::ZERO);
        let ten = (0..10).map(|_| Money::from_dollars(0.1).unwrap()).sum::<Money>();
        assert_eq!(Some(ten), Money::from_dollars(1.0));
    }

    #[test]
    fn an_amount_reads_like_money() {
        let shown = |nanodollars| Money::from_nanodollars(nanodollars).to_string();
        assert_eq!(shown(0), "$0.00");
        assert_eq!(shown(250_000_000), "$0.25");
        assert_eq!(shown(375_000), "$0.000375");
        assert_eq!(shown(12_000_000_001), "$12.000000001");
    }
}
