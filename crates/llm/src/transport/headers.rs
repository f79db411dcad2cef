//! What the headers of an answer say beyond its body.

use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};

use super::retry::Hints;

/// The longest pause that is believed.
const PAUSE_SECONDS_MAX: f64 = 4_294_967.0;

pub(crate) fn hints(headers: &HeaderMap) -> Hints {
    let should_retry = match text(headers, "x-should-retry") {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => None,
    };
    Hints { should_retry, retry_after: retry_after(headers) }
}

/// In the order of precision: milliseconds, seconds (even with a fraction), a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name| text(headers, name)?.trim().parse::<f64>().ok();
    let seconds = number("retry-after-ms")
        .map(|ms| ms / 1000.0)
        .or_else(|| number(RETRY_AFTER.as_str()))
        .or_else(|| seconds_until(headers))?;
    let usable = seconds.is_finite() && seconds >= 0.0;
    usable.then(|| Duration::from_secs_f64(seconds.min(PAUSE_SECONDS_MAX)))
}

/// Seconds until the date in `retry-after`. By the clock of the server, if it tells: ours may be off.
fn seconds_until(headers: &HeaderMap) -> Option<f64> {
    let date = |name| httpdate::parse_http_date(text(headers, name)?).ok();
    let then = date(RETRY_AFTER.as_str())?;
    let now = date(DATE.as_str()).unwrap_or_else(our_clock);
    Some(then.duration_since(now).map_or(0.0, |wait| wait.as_secs_f64()))
}

#[expect(clippy::disallowed_methods, reason = "a date from outside means nothing without a clock")]
fn our_clock() -> SystemTime {
    SystemTime::now()
}

pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    ["request-id", "x-request-id"].iter().find_map(|name| text(headers, name)).map(str::to_owned)
}

pub(crate) fn content_type(headers: &HeaderMap) -> &str {
    text(headers, CONTENT_TYPE.as_str()).unwrap_or_default()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn wait(pairs: &[(&'static str, &'static str)]) -> Option<Duration> {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        hints(&pairs.collect()).retry_after
    }

    #[test]
    fn a_pause_may_be_told_in_three_ways() {
        assert_eq!(wait(&[("retry-after", "2")]), Some(Duration::from_secs(2)));
        assert_eq!(wait(&[("retry-after", "0.5")]), Some(Duration::from_millis(500)));
        let both = [("retry-after-ms", "20"), ("retry-after", "2")];
        assert_eq!(wait(&both), Some(Duration::from_millis(20)));
        let date = [
            ("date", "Sun, 06 Nov 1994 08:49:07 GMT"),
            ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ];
        assert_eq!(wait(&date), Some(Duration::from_secs(30)));
    }

    #[test]
    fn a_date_that_is_past_means_now() {
        assert_eq!(wait(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]), Some(Duration::ZERO));
    }

    #[test]
    fn nonsense_is_no_pause() {
        for text in ["", "soon", "NaN", "-1", "inf"] {
            assert_eq!(wait(&[("retry-after", text)]), None, "{text}");
        }
        assert!(wait(&[("retry-after", "1e300")]).is_some());
    }
}
