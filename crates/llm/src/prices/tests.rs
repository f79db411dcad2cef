use super::*;
use crate::response::ServiceTier;

fn nanodollars(model: &str, usage: &Usage) -> u64 {
    let (provider, _) = crate::provider::Provider::of_model(model).unwrap();
    match Prices::built_in().cost(provider.name, model, usage) {
        Cost::Priced { nanodollars } => nanodollars,
        Cost::Unpriced { reason } => panic!("{reason}"),
    }
}

fn tokens(input: u64, output: u64) -> Usage {
    Usage { input_tokens: input, output_tokens: output, ..Usage::default() }
}

const MILLION: u64 = 1_000_000;
const DOLLAR: u64 = 1_000_000_000;

#[test]
fn a_million_tokens_cost_what_the_table_says() {
    assert_eq!(nanodollars("claude-sonnet-5-5", &tokens(MILLION, MILLION)), 12 * DOLLAR);
    assert_eq!(nanodollars("gpt-6.1-terra", &tokens(100_000, 0)), DOLLAR / 10);
    assert_eq!(nanodollars("claude-opus-4-5-20251101", &tokens(0, MILLION)), 25 * DOLLAR);
    assert_eq!(nanodollars("deepseek-v4-flash", &tokens(1, 0)), 300);
}

#[test]
fn the_cache_has_prices_of_its_own() {
    let usage = Usage {
        cache_read_input_tokens: MILLION,
        cache_write_5m_input_tokens: MILLION,
        cache_write_1h_input_tokens: MILLION,
        ..Usage::default()
    };
    assert_eq!(nanodollars("claude-opus-5-5", &usage), 13 * DOLLAR + DOLLAR / 5);
}

#[test]
fn a_long_prompt_makes_the_whole_call_dearer() {
    let at = tokens(100_000, MILLION);
    assert_eq!(nanodollars("claude-haiku-5-5", &at), DOLLAR / 100 + DOLLAR / 2);
    let above = Usage { cache_read_input_tokens: 1, ..at };
    assert_eq!(nanodollars("claude-haiku-5-5", &above), DOLLAR / 20 + 5 * DOLLAR / 2 + 50);
}

#[test]
fn batches_are_half_and_fast_is_double() {
    let batch = Usage { service_tier: Some(ServiceTier::Batch), ..tokens(MILLION, 0) };
    assert_eq!(nanodollars("claude-opus-5-5", &batch), 2 * DOLLAR);
    let both = Usage { price_modifiers: vec!["fast".into(), "us".into()], ..tokens(MILLION, 0) };
    assert_eq!(nanodollars("claude-opus-5-5", &both), 88 * DOLLAR / 10);
}

#[test]
fn what_is_not_in_the_table_is_unpriced_and_never_free() {
    let prices = Prices::built_in();
    let unpriced = |provider, model, usage: &Usage| match prices.cost(provider, model, usage) {
        Cost::Unpriced { reason } => reason,
        cost @ Cost::Priced { .. } => panic!("{cost:?}"),
    };
    let usage = tokens(1, 1);
    assert!(unpriced("anthropic", "claude-42", &usage).contains("claude-42"));
    assert!(unpriced("anthropic", "claude-42", &Usage::default()).contains("claude-42"));
    assert!(unpriced("openrouter", "glm-4.6", &usage).contains("openrouter"));
    let odd_tier =
        Usage { service_tier: Some(ServiceTier::Other("express".into())), ..usage.clone() };
    assert!(unpriced("anthropic", "claude-opus-5", &odd_tier).contains("express"));
    let odd_geo = Usage { price_modifiers: vec!["moon".into()], ..usage };
    assert!(unpriced("anthropic", "claude-opus-5", &odd_geo).contains("moon"));
    let hour = Usage { cache_write_1h_input_tokens: 1, ..Usage::default() };
    assert!(unpriced("zai", "glm-4.6", &hour).contains("1 h"));
}

#[test]
fn the_most_a_call_can_cost_counts_the_dearest_way_to_read_the_prompt() {
    let prices = Prices::built_in();
    let most = prices.cost_max("anthropic", "claude-sonnet-5-5", MILLION, MILLION);
    assert_eq!(most, Cost::Priced { nanodollars: 14 * DOLLAR });
    let most = prices.cost_max("openai", "gpt-5.4-mini", MILLION, 0);
    assert_eq!(most, Cost::Priced { nanodollars: 3 * DOLLAR / 4 });
}

#[test]
fn a_file_may_change_prices_and_add_models() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prices.json");
    let write = |text: &str| std::fs::write(&path, text).unwrap();
    write(r#"{"date":"2027-01-01","models":{"mine":{"provider":"vllm","input":1,"output":2}}}"#);
    let prices = Prices::with_overrides(&path).unwrap();
    assert_eq!(prices.date(), "2027-01-01");
    assert_eq!(prices.cost("vllm", "mine", &tokens(MILLION, 0)).dollars(), Some(1.0));
    assert!(prices.models().any(|model| model == "claude-sonnet-5-5"));

    for wrong in [
        r#"{"models":{"m":{"provider":"x","input":-1,"output":2}}}"#,
        r#"{"models":{"m":{}}}"#,
        "no",
    ] {
        write(wrong);
        let error = Prices::with_overrides(&path).unwrap_err().to_string();
        assert!(error.starts_with("prices file") && error.contains("prices.json: "), "{error}");
    }
}

proptest::proptest! {
    #[test]
    fn no_usage_overflows_or_is_free(input in 1_u64.., output: u64, read: u64, search: u64) {
        let usage = Usage {
            cache_read_input_tokens: read,
            web_search_requests: search,
            ..tokens(input, output)
        };
        proptest::prop_assert!(nanodollars("claude-haiku-5-5", &usage) > 0);
    }
}
