//! Lays JSON out for people without reading it: order, numbers and strings stay as they were written.

/// `json` is valid. Empty lists and objects stay on their line.
pub(crate) fn pretty(json: &str) -> String {
    let mut laid_out = String::with_capacity(json.len() * 2);
    let mut depth = 0;
    let mut characters = json.chars().filter(significant()).peekable();
    let mut text = Text::default();
    while let Some(c) = characters.next() {
        let within = text.holds(c);
        match c {
            _ if within => laid_out.push(c),
            '{' | '[' => {
                laid_out.push(c);
                if characters.peek().is_some_and(|next| !matches!(next, '}' | ']')) {
                    depth += 1;
                    new_line(&mut laid_out, depth);
                }
            }
            '}' | ']' => {
                if !laid_out.ends_with(['{', '[']) {
                    depth -= 1;
                    new_line(&mut laid_out, depth);
                }
                laid_out.push(c);
            }
            ',' => {
                laid_out.push(c);
                new_line(&mut laid_out, depth);
            }
            ':' => laid_out.push_str(": "),
            _ => laid_out.push(c),
        }
    }
    laid_out
}

fn new_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
}

/// Leaves out blanks between tokens.
fn significant() -> impl FnMut(&char) -> bool {
    let mut text = Text::default();
    move |c| text.holds(*c) || !c.is_ascii_whitespace()
}

/// Knows whether a character belongs to a string.
#[derive(Default)]
struct Text {
    open: bool,
    escaped: bool,
}

impl Text {
    fn holds(&mut self, c: char) -> bool {
        let was_open = self.open;
        match c {
            _ if self.escaped => self.escaped = false,
            '\\' if self.open => self.escaped = true,
            '"' => self.open = !self.open,
            _ => {}
        }
        was_open || self.open
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_was_written_stays_as_it_was() {
        let json = r#"{"z":12345678901234567890.10,"a":[ ],"s":"{\"x\": [1,2]}\\","l":[1,{}]}"#;
        let wanted = r#"{
  "z": 12345678901234567890.10,
  "a": [],
  "s": "{\"x\": [1,2]}\\",
  "l": [
    1,
    {}
  ]
}"#;
        assert_eq!(pretty(json), wanted);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((".*", inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_is_what_serde_would_lay_out(value in any_json()) {
            prop_assert_eq!(pretty(&value.to_string()), serde_json::to_string_pretty(&value).unwrap());
        }
    }
}
