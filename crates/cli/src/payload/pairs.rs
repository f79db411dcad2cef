//! `key=value` pairs: text by `=`, any JSON by `:=`; dots go into objects, `[]` appends to a list.

use agent_runner_domain::RawJson;
use serde_json::{Map, Value};

use super::meaning;
use crate::failure::Failure;

/// Pairs that fit together.
#[derive(Debug)]
pub(crate) struct Pairs {
    root: Value,
    /// Where texts stand that could be meant as something else.
    doubtful: Vec<Vec<String>>,
}

impl Pairs {
    pub(super) fn parse(words: &[String]) -> Result<Self, Failure> {
        let (mut root, mut doubtful) = (Map::new(), Vec::new());
        for word in words {
            let Pair { path, append, value, is_text } = Pair::parse(word)?;
            let is_doubtful =
                is_text && value.as_str().is_some_and(|text| meaning::guess(text).is_some());
            let keys: Vec<&str> = path.split('.').collect();
            let index = put(&mut root, &keys, append, value)
                .map_err(|why| Failure::usage(format!("{word:?} does not fit: {why}")))?;
            if is_doubtful {
                let index = index.map(|index| index.to_string());
                doubtful.push(keys.into_iter().map(str::to_owned).chain(index).collect());
            }
        }
        Ok(Self { root: Value::Object(root), doubtful })
    }

    /// Whether only the job type's schema tells what they mean.
    pub(super) fn are_doubtful(&self) -> bool {
        !self.doubtful.is_empty()
    }

    pub(super) fn as_written(&self) -> RawJson {
        RawJson::from(&self.root)
    }

    pub(super) fn as_meant(&self, schema: &Value) -> RawJson {
        let mut root = self.root.clone();
        for keys in &self.doubtful {
            let Some(place) = find(&mut root, keys) else { continue };
            if let Some(meant) = place.as_str().and_then(|text| meaning::of(text, schema, keys)) {
                *place = meant;
            }
        }
        RawJson::from(&root)
    }
}

fn find<'a>(root: &'a mut Value, keys: &[String]) -> Option<&'a mut Value> {
    keys.iter().try_fold(root, |at, key| match at {
        Value::Object(fields) => fields.get_mut(key),
        Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
        _ => None,
    })
}

struct Pair<'a> {
    path: &'a str,
    append: bool,
    value: Value,
    /// Written with `=` and not with `:=`.
    is_text: bool,
}

impl<'a> Pair<'a> {
    fn parse(word: &'a str) -> Result<Self, Failure> {
        let (left, right) = word.split_once('=').ok_or_else(|| {
            Failure::usage(format!("{word:?} is neither JSON nor a key=value pair"))
                .fix("a payload of several words is made of pairs: message=hello count:=3 tags[]=a")
        })?;
        let (path, value, is_text) = match left.strip_suffix(':') {
            Some(path) => (path, json(word, right)?, false),
            None => (left, Value::String(right.to_owned()), true),
        };
        let (path, append) = match path.strip_suffix("[]") {
            Some(path) => (path, true),
            None => (path, false),
        };
        if path.split('.').any(str::is_empty) {
            let message = format!("{word:?} has an empty key");
            return Err(Failure::usage(message).fix("write it as key=value, or outer.inner=value"));
        }
        Ok(Self { path, append, value, is_text })
    }
}

fn json(word: &str, text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|error| {
        Failure::usage(format!("the value in {word:?} is not valid JSON: {error}"))
            .fix("after := comes JSON; for plain text write key=text")
    })
}

/// Where in its list the value stands, if it was appended to one.
fn put(
    at: &mut Map<String, Value>,
    keys: &[&str],
    append: bool,
    value: Value,
) -> Result<Option<usize>, String> {
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
                Ok(Some(items.len() - 1))
            }
            _ => Err(format!("{key} already has a value that is no list")),
        };
    }
    match at.insert((*key).to_owned(), value) {
        None => Ok(None),
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
        Pairs::parse(&words).map(|pairs| serde_json::from_str(pairs.as_written().get()).unwrap())
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
    fn a_schema_tells_what_texts_mean() {
        let words = ["n=3", "s=3", "o.n=4", "l[]=a", "l[]=5", "m:=\"6\""].map(str::to_owned);
        let pairs = Pairs::parse(&words).unwrap();
        let number = json!({"type": "integer"});
        let schema = json!({"properties": {
            "n": number, "s": {"type": "string"}, "o": {"properties": {"n": number}},
            "l": {"items": number}, "m": number,
        }});
        let wanted = json!({"n": 3, "s": "3", "o": {"n": 4}, "l": ["a", 5], "m": "6"});
        let meant: Value = serde_json::from_str(pairs.as_meant(&schema).get()).unwrap();
        assert_eq!(meant, wanted);
        assert!(pairs.are_doubtful());
        assert!(!Pairs::parse(&["s=hello".to_owned(), "n:=3".to_owned()]).unwrap().are_doubtful());
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
