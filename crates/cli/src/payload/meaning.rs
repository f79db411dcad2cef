//! What `key=text` means: text, unless the job type's schema admits none there and the text reads as what it admits.

use serde_json::Value;

/// References and choices followed; more lead in a circle.
const DEPTH_MAX: u32 = 16;

/// The text as the schema wants it at the place that `keys` lead to; `None`: as it is.
pub(super) fn of(text: &str, schema: &Value, keys: &[String]) -> Option<Value> {
    let value = guess(text)?;
    let mut places = choices(schema, schema);
    for key in keys {
        let below = places.into_iter().filter_map(|place| child(place, key));
        places = below.flat_map(|below| choices(below, schema)).collect();
    }
    let admits = |wanted: &str| places.iter().any(|place| admits(place, wanted));
    let fits = names(&value).iter().any(|name| admits(name));
    (fits && !admits("string")).then_some(value)
}

/// What else than text it could be.
pub(super) fn guess(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(|value: &Value| !value.is_string())
}

/// The schema itself and all that it refers to or lets choose from.
fn choices<'a>(schema: &'a Value, root: &'a Value) -> Vec<&'a Value> {
    let mut found = Vec::new();
    let mut open = vec![(schema, 0)];
    while let Some((place, depth)) = open.pop() {
        found.push(place);
        if depth == DEPTH_MAX {
            continue;
        }
        let named = place["$ref"].as_str().and_then(|name| root.pointer(name.strip_prefix('#')?));
        let several = ["anyOf", "oneOf", "allOf"].map(|word| place[word].as_array());
        let several = several.into_iter().flatten().flatten();
        open.extend(named.into_iter().chain(several).map(|next| (next, depth + 1)));
    }
    found
}

/// The schema of a field or of an item of a list.
fn child<'a>(place: &'a Value, key: &str) -> Option<&'a Value> {
    let properties = &place["properties"];
    let items = key.parse::<usize>().ok().and(place.get("items"));
    properties.get(key).or(items).or_else(|| place.get("additionalProperties"))
}

/// A place that says nothing about types admits none: others beside it do, or nobody knows.
fn admits(place: &Value, wanted: &str) -> bool {
    match &place["type"] {
        Value::String(name) => name == wanted,
        Value::Array(names) => names.iter().any(|name| name == wanted),
        _ => false,
    }
}

/// What a schema calls such a value.
fn names(value: &Value) -> &'static [&'static str] {
    match value {
        Value::Null => &["null"],
        Value::Bool(_) => &["boolean"],
        Value::Number(number) if number.is_f64() => &["number"],
        Value::Number(_) => &["integer", "number"],
        Value::String(_) => &["string"],
        Value::Array(_) => &["array"],
        Value::Object(_) => &["object"],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({
            "$defs": {
                "Choice": {"anyOf": [{"$ref": "#/$defs/Level"}, {"type": "null"}]},
                "Level": {"type": "integer"},
                "Loop": {"$ref": "#/$defs/Loop"},
            },
            "properties": {
                "text": {"type": ["string", "null"]}, "count": {"type": "integer"},
                "warmth": {"type": ["number", "null"], "maximum": 2}, "dry": {"type": "boolean"},
                "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                "choice": {"$ref": "#/$defs/Choice", "description": "one"},
                "loop": {"$ref": "#/$defs/Loop"}, "any": {"description": "whatever"},
                "list": {"type": "array", "items": {"type": "number"}},
                "env": {"type": "object", "additionalProperties": {"type": "string"}},
                "inner": {"type": "object", "properties": {"n": {"type": "integer"}}},
            },
        })
    }

    fn meant(keys: &str, text: &str) -> Option<Value> {
        let keys: Vec<String> = keys.split('.').map(str::to_owned).collect();
        of(text, &schema(), &keys)
    }

    #[test]
    fn a_text_is_what_the_schema_wants_there() {
        for (keys, text, value) in [
            ("count", "3", json!(3)),
            ("warmth", "0.5", json!(0.5)),
            ("warmth", "3", json!(3)),
            ("warmth", "null", json!(null)),
            ("dry", "true", json!(true)),
            ("choice", "2", json!(2)),
            ("list", "[1]", json!([1])),
            ("list.0", "1.5", json!(1.5)),
            ("inner.n", "-1", json!(-1)),
        ] {
            assert_eq!(meant(keys, text), Some(value), "{keys}={text}");
        }
    }

    #[test]
    fn text_stays_text_where_it_may_or_nothing_else_fits() {
        for (keys, text) in [
            ("text", "3"),
            ("text", "null"),
            ("either", "3"),
            ("env.PORT", "80"),
            ("any", "3"),
            ("loop", "3"),
            ("nowhere", "3"),
            ("count", "3.5"),
            ("count", "three"),
            ("count", "\"3\""),
            ("dry", "1"),
        ] {
            assert_eq!(meant(keys, text), None, "{keys}={text}");
        }
    }
}
