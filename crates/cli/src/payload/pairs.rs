//! `key=value` pairs: text by `=`, any JSON by `:=`; dots go into objects, `[]` appends to a list.

use agent_runner_domain::RawJson;
use serde_json::{Map, Value};

use crate::failure::Failure;

pub(super) fn parse(words: &[String]) -> Result<RawJson, Failure> {
    let mut root = Map::new();
    for word in words {
        let pair = Pair::parse(word)?;
        let keys: Vec<&str> = pair.path.split('.').collect();
        put(&mut root, &keys, pair.append, pair.value)
            .map_err(|why| Failure::usage(format!("{word:?} does not fit: {why}")))?;
    }
    Ok(RawJson::from(&Value::Object(root)))
}

struct Pair<'a> {
    path: &'a str,
    append: bool,
    value: Value,
}

impl<'a> Pair<'a> {
    fn parse(word: &'a str) -> Result<Self, Failure> {
        let (left, right) = word.split_once('=').ok_or_else(|| {
            Failure::usage(format!("{word:?} is neither JSON nor a key=value pair"))
                .fix("a payload of several words is made of pairs: message=hello count:=3 tags[]=a")
        })?;
        let (path, value) = match left.strip_suffix(':') {
            Some(path) => (path, json(word, right)?),
            None => (left, Value::String(right.to_owned())),
        };
        let (path, append) = match path.strip_suffix("[]") {
            Some(path) => (path, true),
            None => (path, false),
        };
        if path.split('.').any(str::is_empty) {
            let message = format!("{word:?} has an empty key");
            return Err(Failure::usage(message).fix("write it as key=value, or outer.inner=value"));
        }
        Ok(Self { path, append, value })
    }
}

fn json(word: &str, text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|error| {
        Failure::usage(format!("the value in {word:?} is not valid JSON: {error}"))
            .fix("after := comes JSON; for plain text write key=text")
    })
}

fn put(
    at: &mut Map<String, Value>,
    keys: &[&str],
    append: bool,
    value: Value,
) -> Result<(), String> {
    let [key, rest @ ..] = keys else {
        return Err("the key is empty".to_owned());
    };
    if !rest.is_empty() {
        return match at.entry(*key).or_insert_with(|| Value::Object(Map::new())) {
            Value::Object(inner) => put(inner, rest, append, value),
            _ => Err(format!("{key} already has a value that is no object")),
        };
    }
    if append {
        return match at.entry(*key).or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(items) => {
                items.push(value);
                Ok(())
            }
            _ => Err(format!("{key} already has a value that is no list")),
        };
    }
    match at.insert((*key).to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(format!("{key} is given twice")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn value(words: &[&str]) -> Result<Value, Failure> {
        let words: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
        parse(&words).map(|raw| serde_json::from_str(raw.get()).unwrap())
    }

    #[test]
    fn pairs_make_an_object() {
        let made = value(&["message=a=b", "n:=3", "env.PATH=/bin", "args[]=-l", "args[]:=2"]);
        let wanted = json!({
            "message": "a=b", "n": 3, "env": {"PATH": "/bin"}, "args": ["-l", 2],
        });
        assert_eq!(made.unwrap(), wanted);
    }

    #[test]
    fn pairs_that_contradict_each_other_are_refused() {
        for words in [["a=1", "a=2"], ["a=1", "a.b=2"], ["a=1", "a[]=2"], ["a[]=1", "a=2"]] {
            let text = value(&words).unwrap_err().to_string();
            assert!(text.contains('a'), "{text}");
        }
    }

    #[test]
    fn broken_pairs_are_quoted_in_the_message() {
        for word in ["=x", "a..b=1", "n:=oops", ".=1"] {
            let text = value(&[word]).unwrap_err().to_string();
            assert!(text.contains(word), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_survives_as_a_value(key in "[a-z]{1,8}", text in ".{0,60}") {
            let made = value(&[&format!("{key}={text}")]).unwrap();
            prop_assert_eq!(made, json!({ key: text }));
        }
    }
}
