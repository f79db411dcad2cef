//! Reading a JSON object field by field, so that every fault is found and named, not only the first.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};
use utoipa::ToSchema;

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fault {
    /// Where: a JSON pointer into the body (`/payload/message`), `?name` for a query parameter, or a header's name.
    pub path: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Fault {
    #[must_use]
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

/// Why a body could not be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// It is no JSON, from this place on.
    NotJson { message: String, line: usize, column: usize },
    /// It is JSON and wrong in these places.
    Faults(Vec<Fault>),
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        let text = error.to_string();
        let message = text.split(" at line ").next().unwrap_or_default().to_owned();
        Self::NotJson { message, line: error.line(), column: error.column() }
    }
}

/// The faults found so far.
#[derive(Debug, Default)]
pub(crate) struct Faults(pub(crate) Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Fault::new(path, message));
    }
}

/// The members of an object that were not taken yet, their values still as text.
pub(crate) struct Fields<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Fields<'a> {
    /// The body as an object. A name that is given twice is a fault: which one was meant cannot be known.
    pub(crate) fn of(body: &'a str, faults: &mut Faults) -> Result<Self, Unreadable> {
        let value: &RawValue = serde_json::from_str(body)?;
        if !value.get().starts_with('{') {
            let message = format!("the body is a JSON object, not {}", kind(value));
            return Err(Unreadable::Faults(vec![Fault::new("", message)]));
        }
        let Members(members) = serde_json::from_str(value.get())?;
        for (at, (name, _)) in members.iter().enumerate() {
            if members[..at].iter().any(|(earlier, _)| earlier == name) {
                faults.add(pointer(name), "the field is given twice; give it once");
            }
        }
        Ok(Self { members })
    }

    /// A field's value; an explicit `null` counts as absent.
    pub(crate) fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        self.take_raw(name).filter(|value| value.get() != "null")
    }

    /// A field's value, `null` included.
    pub(crate) fn take_raw(&mut self, name: &str) -> Option<&'a RawValue> {
        let at = self.members.iter().position(|(member, _)| member == name)?;
        Some(self.members.swap_remove(at).1)
    }

    /// Reads a field with `read`, whose error is a sentence about the value.
    pub(crate) fn read<T>(
        &mut self,
        name: &str,
        faults: &mut Faults,
        read: impl FnOnce(Value) -> Result<T, String>,
    ) -> Option<T> {
        let raw = self.take(name)?;
        let value = serde_json::from_str(raw.get()).map_err(|error| error.to_string());
        match value.and_then(read) {
            Ok(read) => Some(read),
            Err(message) => {
                faults.add(pointer(name), message);
                None
            }
        }
    }

    /// Whatever was not taken is unknown.
    pub(crate) fn refuse_rest(self, known: &[&str], faults: &mut Faults) {
        for (name, _) in self.members {
            if !known.contains(&&*name) {
                let message = format!("there is no such field; there are: {}", known.join(", "));
                faults.add(pointer(&name), message);
            }
        }
    }
}

/// The JSON pointer of a member of the body. Names come from outside, so they are bounded.
pub(crate) fn pointer(name: &str) -> String {
    let shown: String = name.chars().take(100).collect();
    format!("/{}", shown.replace('~', "~0").replace('/', "~1"))
}

struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByMember;
        impl<'de> Visitor<'de> for ByMember {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(8);
                while let Some(member) = map.next_entry::<Name<'de>, &RawValue>()? {
                    members.push((member.0.0, member.1));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(ByMember)
    }
}

/// A name that borrows from the body unless it holds escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

fn kind(value: &RawValue) -> &'static str {
    match value.get().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// What a value is, for "a string is wanted, not …".
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Object(_) => "an object",
        Value::Array(_) => "an array",
        Value::String(_) => "a string",
        Value::Bool(_) => "a boolean",
        Value::Null => "null",
        Value::Number(_) => "a number",
    }
}

pub(crate) fn text(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(format!("a string is wanted, not {}", kind_of(&other))),
    }
}

/// A whole number in bounds.
pub(crate) fn whole(value: &Value, min: i64, max: i64) -> Result<i64, String> {
    let wanted = || format!("a whole number from {min} to {max} is wanted");
    // 3.0 is the whole number 3 in JSON Schema, so it is here.
    #[expect(clippy::cast_possible_truncation, reason = "compared with the bounds right after")]
    let number = value.as_i64().or_else(|| {
        value.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 1e15).map(|f| f as i64)
    });
    number.filter(|number| (min..=max).contains(number)).ok_or_else(wanted)
}

/// A number in bounds.
pub(crate) fn number(value: &Value, min: f64, max: f64) -> Result<f64, String> {
    let wanted = || format!("a number from {min} to {max} is wanted");
    value.as_f64().filter(|number| (min..=max).contains(number)).ok_or_else(wanted)
}
