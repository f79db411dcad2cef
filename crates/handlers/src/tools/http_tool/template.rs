//! A URL with places for fields of a tool's input.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};
use url::Url;

/// All but the unreserved characters: what a model writes stays one piece of the path or the query.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[derive(Debug, Clone)]
pub(super) struct UrlTemplate(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    Field(String),
}

impl UrlTemplate {
    /// # Errors
    /// What is wrong, and what would be right.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, left) = after.split_once('}').ok_or("a `{` has no `}`")?;
            parts.extend([Part::Text(before.to_owned()), Part::Field(name.to_owned())]);
            rest = left;
        }
        parts.push(Part::Text(rest.to_owned()));
        let template = Self(parts);
        template.check_place()?;
        Ok(template)
    }

    /// Who is asked is for the payload to say, not for the model.
    fn check_place(&self) -> Result<(), String> {
        let Some(Part::Text(start)) = self.0.first() else {
            return Err("is empty".to_owned());
        };
        let url = Url::parse(start).map_err(|error| format!("is no absolute URL: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("has to begin with http:// or https://".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("holds a password; use `secret_headers`".to_owned());
        }
        let after_host = start.splitn(4, '/').nth(3).is_some() || start.contains('?');
        if self.fields().next().is_some() && !after_host {
            return Err("may have `{field}` only after its host and a `/`".to_owned());
        }
        let sample = self.with(&mut |_| Ok("x".to_owned()))?;
        absolute(&sample).map(drop)
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Field(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The URL, and the fields that it does not name.
    ///
    /// # Errors
    /// What is wrong with the input, for the model.
    pub(super) fn fill(
        &self,
        input: &Map<String, Value>,
    ) -> Result<(Url, Map<String, Value>), String> {
        let filled = self.with(&mut |name| {
            let value = input.get(name).ok_or_else(|| format!("`{name}` is missing"))?;
            Ok(utf8_percent_encode(&plain(value), ENCODED).to_string())
        })?;
        let mut rest = input.clone();
        rest.retain(|name, _| !self.fields().any(|field| field == name));
        Ok((absolute(&filled)?, rest))
    }

    fn with(
        &self,
        field: &mut dyn FnMut(&str) -> Result<String, String>,
    ) -> Result<String, String> {
        self.0
            .iter()
            .map(|part| match part {
                Part::Text(text) => Ok(text.clone()),
                Part::Field(name) => field(name),
            })
            .collect()
    }
}

/// A path that climbs would leave what the payload has named.
fn absolute(text: &str) -> Result<Url, String> {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let climbs = |part: &str| {
        let part = percent_decode_str(part).decode_utf8_lossy();
        part == "." || part == ".."
    };
    if path.split(['/', '\\']).any(climbs) {
        return Err("the URL's path would have a part `.` or `..`, which is not allowed".to_owned());
    }
    Url::parse(text).map_err(|error| format!("is no absolute URL: {error}"))
}

/// A text as it is, everything else as JSON.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fill(template: &str, input: Value) -> Result<String, String> {
        let Value::Object(input) = input else { panic!("no object") };
        let (url, rest) = UrlTemplate::parse(template)?.fill(&input)?;
        Ok(format!("{url} {}", Value::Object(rest)))
    }

    #[test]
    fn fields_stand_where_the_url_names_them() {
        let filled = fill(
            "https://a.example/{city}?days={days}",
            json!({"city": "Ulm/../x?y&z#", "days": 3, "u": true}),
        );
        let expected = r#"https://a.example/Ulm%2F..%2Fx%3Fy%26z%23?days=3 {"u":true}"#;
        assert_eq!(filled.as_deref(), Ok(expected));
        assert!(fill("https://a.example/{city}", json!({})).unwrap_err().contains("`city`"));
    }

    #[test]
    fn nothing_that_a_model_writes_leads_elsewhere() {
        for city in ["..", ".", "%2e%2e"] {
            let filled = fill("https://a.example/users/{city}/delete", json!({"city": city}));
            match filled {
                Ok(url) => assert!(url.starts_with("https://a.example/users/%25"), "{url}"),
                Err(reason) => assert!(reason.contains("`..`"), "{reason}"),
            }
        }
        assert!(fill("https://a.example/.{x}/y", json!({"x": "."})).is_err());
    }

    #[test]
    fn a_template_that_lets_a_model_choose_the_host_is_refused() {
        for template in [
            "{url}",
            "https://{host}/",
            "https://a.{host}/",
            "ftp://a/",
            "a/b",
            "",
            "https://a/{",
            "https://a/../b",
            "https://u:p@a/",
        ] {
            assert!(UrlTemplate::parse(template).is_err(), "{template}");
        }
        for template in ["https://a", "https://a/", "http://127.0.0.1:9/x?y={z}", "https://a/?{q}"]
        {
            assert!(UrlTemplate::parse(template).is_ok(), "{template}");
        }
    }
}
