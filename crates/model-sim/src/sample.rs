//! A value that fits a JSON Schema, made of words of the prompt.

use serde_json::{Map, Value, json};

/// Deeper than this, a schema goes in circles.
const DEPTH_MAX: usize = 12;

const ITEMS_USUAL: u64 = 3;
const ITEMS_MAX: u64 = 50;
const TOPIC_CHARS_MAX: usize = 60;

pub(crate) fn of(schema: &Value, prompt: &str) -> Value {
    let topic: String =
        prompt.lines().next().unwrap_or_default().chars().take(TOPIC_CHARS_MAX).collect();
    let texts = |name: &str| format!("{} about {topic}", name.replace('_', " "));
    Sampler { root: schema, texts: &texts, prompt }.value(schema, "answer", 0)
}

/// The same in words that people can make something of.
pub(crate) fn about(schema: &Value, prompt: &str, topic: &str) -> Value {
    let texts = |name: &str| said(name, topic);
    Sampler { root: schema, texts: &texts, prompt }.value(schema, "answer", 0)
}

/// Questions, where the name is that of the nth of them.
fn said(name: &str, topic: &str) -> String {
    const QUESTIONS: [&str; 5] = [
        "What is known about TOPIC?",
        "How did TOPIC come to be what it is?",
        "What speaks against TOPIC?",
        "Who deals with TOPIC, and why?",
        "What comes next for TOPIC?",
    ];
    const ASKING: [&str; 8] = ["what", "how", "why", "who", "when", "where", "which", "is"];
    let first = topic.split(' ').next().unwrap_or_default().to_lowercase();
    let is_question = ASKING.contains(&first.as_str());
    let topic = if is_question { format!("\u{201c}{topic}\u{201d}") } else { topic.to_owned() };
    let (what, number) = name.split_once(' ').unwrap_or((name, "1"));
    if what == "approach" {
        return format!("From what is known about {topic} to what stays open.");
    }
    if what.to_lowercase().contains("question") {
        let at = number.parse::<usize>().unwrap_or(1).saturating_sub(1);
        return QUESTIONS[at % QUESTIONS.len()].replace("TOPIC", &topic);
    }
    format!("{} about {topic}", name.replace('_', " "))
}

struct Sampler<'a> {
    root: &'a Value,
    /// A text for a field of this name.
    texts: &'a dyn Fn(&str) -> String,
    prompt: &'a str,
}

impl Sampler<'_> {
    fn value(&self, schema: &Value, name: &str, depth: usize) -> Value {
        let fixed = schema.get("const").or_else(|| schema.get("enum").and_then(|all| all.get(0)));
        if let Some(value) = fixed {
            return value.clone();
        }
        if depth > DEPTH_MAX {
            return Value::Null;
        }
        if let Some(part) = self.part(schema) {
            return self.value(part, name, depth + 1);
        }
        match kind(schema) {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, name, depth),
            "integer" => whole(number(schema).ceil()),
            "number" => json!(number(schema)),
            "boolean" => json!(true),
            "null" => Value::Null,
            _ => Value::String(self.text(schema, name)),
        }
    }

    /// What the schema points to, or the first of its choices.
    fn part<'s>(&'s self, schema: &'s Value) -> Option<&'s Value> {
        if let Some(pointer) = schema.get("$ref").and_then(Value::as_str) {
            return self.root.pointer(pointer.strip_prefix('#')?);
        }
        ["anyOf", "oneOf", "allOf"].iter().find_map(|choice| schema.get(choice)?.get(0))
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let none = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let values = properties.iter().map(|(name, inner)| {
            let value = self.given(name, inner);
            let value = value.unwrap_or_else(|| self.value(inner, name, depth + 1));
            (name.clone(), value)
        });
        Value::Object(values.collect())
    }

    fn array(&self, schema: &Value, name: &str, depth: usize) -> Value {
        let bound = |name: &str| schema.get(name).and_then(Value::as_u64);
        let (least, most) =
            (bound("minItems").unwrap_or(0), bound("maxItems").unwrap_or(ITEMS_MAX));
        let usual = self.counted(name).unwrap_or(ITEMS_USUAL);
        let count = usual.max(least).min(most).min(ITEMS_MAX);
        let item = schema.get("items").cloned().unwrap_or_else(|| json!({"type": "string"}));
        let items = (1..=count).map(|n| self.value(&item, &format!("{name} {n}"), depth + 1));
        items.collect()
    }

    /// How many of them the prompt wants: `5 questions`.
    fn counted(&self, name: &str) -> Option<u64> {
        let mut words = self.prompt.split(|c: char| !c.is_alphanumeric() && c != '_').peekable();
        std::iter::from_fn(|| Some((words.next()?, words.peek().copied()?)))
            .find_map(|(count, what)| (what == name).then(|| count.parse().ok())?)
    }

    /// `name=value` in the prompt, or the URL if one is wanted.
    fn given(&self, name: &str, schema: &Value) -> Option<Value> {
        let words =
            || self.prompt.split_whitespace().map(|word| word.trim_matches(['"', ',', '.', ')']));
        let text = words()
            .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
            .or_else(|| words().find(|word| name == "url" && word.starts_with("http")))?;
        match kind(schema) {
            "string" => Some(text.into()),
            "integer" | "number" => serde_json::from_str(text).ok().filter(Value::is_number),
            _ => None,
        }
    }

    fn text(&self, schema: &Value, name: &str) -> String {
        match schema.get("format").and_then(Value::as_str) {
            Some("date") => return "2026-11-21".into(),
            Some("date-time") => return "2026-11-21T12:00:00Z".into(),
            Some("uri" | "url") => return "https://example.com/".into(),
            Some("email") => return "someone@example.com".into(),
            _ => {}
        }
        let bound = |name: &str| schema.get(name)?.as_u64()?.try_into().ok();
        let mut text = (self.texts)(name);
        while text.chars().count() < bound("minLength").unwrap_or(0) {
            text.push('.');
        }
        text.chars().take(bound("maxLength").unwrap_or(usize::MAX)).collect()
    }
}

fn kind(schema: &Value) -> &str {
    let kind = schema.get("type").map_or(&Value::Null, |kind| kind.get(0).unwrap_or(kind));
    match kind.as_str() {
        Some(kind) => kind,
        None if schema.get("properties").is_some() => "object",
        None if schema.get("items").is_some() => "array",
        None => "string",
    }
}

fn number(schema: &Value) -> f64 {
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    let least = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|least| least + 1.0));
    let most = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|most| most - 1.0));
    1.0_f64.max(least.unwrap_or(f64::MIN)).min(most.unwrap_or(f64::MAX))
}

#[expect(clippy::cast_possible_truncation, reason = "samples are small numbers")]
fn whole(number: f64) -> Value {
    json!(number as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_fit_their_schemas() {
        for schema in [
            json!({"type": "object", "required": ["questions"], "properties": {"questions":
                {"type": "array", "items": {"type": "string", "maxLength": 12}, "minItems": 4, "maxItems": 5}}}),
            json!({"type": "object", "properties": {"n": {"type": "integer", "minimum": 5}, "x":
                {"type": "number", "maximum": -3}, "b": {"type": "boolean"}, "e": {"enum": [7]}}}),
            json!({"$defs": {"d": {"type": "array", "items": {"type": "object"}}}, "$ref": "#/$defs/d"}),
            json!({"anyOf": [{"type": "null"}, {"type": "string"}]}),
            json!({"type": ["string", "null"], "minLength": 90}),
        ] {
            let sample = of(&schema, "the sea\nand more");
            assert!(jsonschema::is_valid(&schema, &sample), "{schema} {sample}");
        }
    }

    #[test]
    fn a_schema_that_goes_in_circles_ends() {
        let schema = json!({"type": "object", "properties": {"next": {"$ref": "#"}}});
        assert!(of(&schema, "x").is_object());
    }

    #[test]
    fn a_list_is_as_long_as_the_prompt_wants_it() {
        let schema = json!({"properties": {"questions": {"type": "array"}}});
        let of = |prompt| of(&schema, prompt)["questions"].as_array().unwrap().len();
        assert_eq!(of("Write exactly 4 questions about 7 seas."), 4);
        assert_eq!(of("questions, and no other questions"), 3);
    }

    #[test]
    fn words_of_the_prompt_are_used() {
        let schema = json!({"properties": {"city": {"type": "string"}, "url": {"type": "string"},
            "days": {"type": "integer"}}});
        let sample = of(&schema, "look at http://x.test/a, city=Ulm days=3.");
        assert_eq!(sample, json!({"city": "Ulm", "url": "http://x.test/a", "days": 3}));
    }
}
