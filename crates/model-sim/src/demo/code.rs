//! A program in the language that was asked for. It runs, and does nothing that was asked.

use crate::ask::Ask;

/// A name that prompts use, the word behind the fence, and a program that says `TEXT`.
const LANGUAGES: &[(&str, &str, &str)] = &[
    ("typescript", "typescript", "const said: string = \"TEXT\";\nconsole.log(said);"),
    ("javascript", "javascript", "console.log(\"TEXT\");"),
    ("rust", "rust", "fn main() {\n    println!(\"TEXT\");\n}"),
    ("golang", "go", "package main\n\nimport \"fmt\"\n\nfunc main() {\n\tfmt.Println(\"TEXT\")\n}"),
    ("bash", "bash", "#!/usr/bin/env bash\nset -euo pipefail\n\necho \"TEXT\""),
    ("shell", "sh", "#!/bin/sh\nset -eu\n\necho \"TEXT\""),
    ("sql", "sql", "SELECT 'TEXT' AS said;"),
    ("html", "html", "<!doctype html>\n<title>TEXT</title>\n<p>TEXT</p>"),
    ("ruby", "ruby", "puts \"TEXT\""),
    (
        "java",
        "java",
        "class Main {\n    public static void main(String[] args) {\n        System.out.println(\"TEXT\");\n    }\n}",
    ),
    ("go", "go", "package main\n\nimport \"fmt\"\n\nfunc main() {\n\tfmt.Println(\"TEXT\")\n}"),
    (
        "python",
        "python",
        "def main() -> None:\n    print(\"TEXT\")\n\n\nif __name__ == \"__main__\":\n    main()",
    ),
];

const WANTED: &[&str] = &["code", "function", "program", "script"];
/// One may talk about programs without wanting any.
const ORDERS: &[&str] = &["write", "implement", "make", "create"];

/// `None` if nobody asks for code.
pub(super) fn answer(ask: &Ask) -> Option<String> {
    let (system, prompt) = (ask.system.to_lowercase(), ask.prompt.to_lowercase());
    let words: Vec<&str> = words(&system).chain(words(&prompt)).collect();
    let has = |any: &[&str], text: &str| self::words(text).any(|word| any.contains(&word));
    let is_ordered = has(WANTED, &prompt) && has(ORDERS, &prompt);
    if !has(WANTED, &system) && !is_ordered {
        return None;
    }
    let named = LANGUAGES.iter().find(|(name, ..)| words.contains(name));
    let (_, fence, program) = named.or(LANGUAGES.last())?;
    let program = program.replace("TEXT", "simulated: no model wrote this");
    Some(format!("Here it is:\n\n```{fence}\n{program}\n```\n"))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(system: &str, prompt: &str) -> Option<String> {
        answer(&Ask { system: system.into(), prompt: prompt.into(), ..Ask::default() })
    }

    #[test]
    fn the_language_is_the_one_that_was_asked_for() {
        for (prompt, fence) in [
            ("write a Rust program", "```rust\n"),
            ("implement a function in JavaScript", "```javascript\n"),
            ("make a program", "```python\n"),
        ] {
            assert!(asked("", prompt).unwrap().contains(fence), "{prompt}");
        }
        assert!(asked("You write code in Go.", "sort it").unwrap().contains("```go\n"));
        assert_eq!(asked("", "What is the function of the heart?"), None);
    }
}
