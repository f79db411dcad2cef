//! Dollars as people read them.

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

#[cfg(test)]
mod tests {
    use super::*;

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
