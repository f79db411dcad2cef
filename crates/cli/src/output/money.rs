//! Dollars and other numbers as people read them.

/// As many digits as it takes to see what it is, and no more: `$12.50`, `$0.0034`, `$0.000012`.
pub(crate) fn dollars(amount: f64) -> String {
    let digits = match amount.abs() {
        1.0.. => 2,
        0.01.. => 4,
        _ => 6,
    };
    let text = format!("{amount:.digits$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let shown = fraction.trim_end_matches('0').len().max(2);
    match amount {
        0.0 => "$0".to_owned(),
        _ if amount < 0.000_000_5 => "under $0.000001".to_owned(),
        _ => format!("${whole}.{}", &fraction[..shown]),
    }
}

/// With four digits that say something, for sums that begin far behind the point: `$0.0001646`.
pub(crate) fn dollars_exactly(amount: f64) -> String {
    match amount {
        0.0 => "$0".to_owned(),
        1.0.. => format!("${}", with_thousands(&format!("{amount:.2}"))),
        _ => format!("${}", four_digits(amount)),
    }
}

/// `43,800`, `0.004167`.
pub(crate) fn number(value: f64) -> String {
    let rounded = value.round();
    if value >= 1_000.0 || (value - rounded).abs() < 1e-9 {
        return with_thousands(&format!("{rounded:.0}"));
    }
    four_digits(value)
}

fn four_digits(value: f64) -> String {
    // How many zeros stand between the point and the first digit.
    let zeros = (1..12).take_while(|zeros| value * 10_f64.powi(*zeros) < 1.0).count();
    let before = if value >= 1.0 { format!("{value:.0}").len() } else { 0 };
    let digits = (zeros + 4).saturating_sub(before);
    let text = format!("{value:.digits$}");
    match text.split_once('.') {
        Some(_) => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        None => text,
    }
}

fn with_thousands(text: &str) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut shown = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    if fraction.is_empty() { shown } else { format!("{shown}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_digits_as_say_something() {
        for (value, text) in [
            (0.0, "0"),
            (3.0, "3"),
            (0.25, "0.25"),
            (43_800.0, "43,800"),
            (1_234_567.8, "1,234,568"),
            (0.004_166_66, "0.004167"),
            (182.5, "182.5"),
            (18.123_456, "18.12"),
        ] {
            assert_eq!(number(value), text);
        }
        for (amount, text) in [
            (0.0, "$0"),
            (0.000_164_583, "$0.0001646"),
            (0.000_000_625, "$0.000000625"),
            (0.5, "$0.5"),
            (7.2088, "$7.21"),
            (1_234.5, "$1,234.50"),
        ] {
            assert_eq!(dollars_exactly(amount), text);
        }
    }

    #[test]
    fn small_amounts_are_no_nothing() {
        for (amount, text) in [
            (0.0, "$0"),
            (12.5, "$12.50"),
            (0.25, "$0.25"),
            (0.003_4, "$0.0034"),
            (0.000_012, "$0.000012"),
            (0.000_000_1, "under $0.000001"),
            (1_234.567, "$1234.57"),
        ] {
            assert_eq!(dollars(amount), text);
        }
    }
}
