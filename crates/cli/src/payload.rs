//! The payload of a job as people type it: JSON, `@file`, `-`, or `key=value` pairs.

mod meaning;
mod pairs;

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use agent_runner_domain::RawJson;

use self::pairs::Pairs;
use crate::{failure::Failure, server::Server};

const FIX: &str = "write one JSON value in quotes, @FILE, - for standard input, or key=value pairs \
                   (key:=JSON for a list or an object)";

/// A payload as it was typed.
#[derive(Debug)]
pub(crate) enum Payload {
    Json(RawJson),
    Pairs(Pairs),
}

impl Payload {
    /// Reads the words after the job type. None at all is the empty object.
    pub(crate) fn read(words: &[String]) -> Result<Self, Failure> {
        let json = match words {
            [] => parse("{}", "the payload"),
            [word] if word == "-" => parse(&standard_input()?, "standard input"),
            [word] => match word.strip_prefix('@') {
                Some(path) => parse(&file(Path::new(path))?, path),
                None if is_json(word) => parse(word, "the payload"),
                None => return Pairs::parse(words).map(Self::Pairs),
            },
            _ => return Pairs::parse(words).map(Self::Pairs),
        };
        json.map(Self::Json)
    }

    /// As this type of job wants it. What cannot be known is sent as it was written: the server will say what is
    /// wrong with it.
    pub(crate) async fn of_type(
        self,
        job_type: &str,
        server: &mut Server<'_>,
    ) -> Result<RawJson, Failure> {
        let pairs = match self {
            Self::Json(json) => return Ok(json),
            Self::Pairs(pairs) if !pairs.are_doubtful() => return Ok(pairs.as_written()),
            Self::Pairs(pairs) => pairs,
        };
        let kinds = server.ask(async |client| client.job_types().await).await.unwrap_or_default();
        let kind = kinds.iter().find(|kind| kind.job_type == job_type);
        Ok(kind.map_or_else(|| pairs.as_written(), |kind| pairs.as_meant(&kind.payload_schema)))
    }
}

/// A pair starts with its key, and no key starts like JSON does.
fn is_json(word: &str) -> bool {
    word.starts_with(|first: char| first.is_whitespace() || "{[\"".contains(first))
        || !word.contains('=')
}

fn parse(text: &str, origin: &str) -> Result<RawJson, Failure> {
    RawJson::parse(text.trim().to_owned()).map_err(|error| not_json(text.trim(), origin, &error))
}

/// Says what is wrong, where, and shows the line.
fn not_json(text: &str, origin: &str, error: &serde_json::Error) -> Failure {
    let failure = Failure::usage(format!("{origin} is not valid JSON: {error}")).fix(FIX);
    let line = text.lines().nth(error.line().saturating_sub(1));
    match line.filter(|line| !line.is_empty()) {
        Some(line) => failure.detail(excerpt(line, error.column())),
        None => failure,
    }
}

/// The part of a line around a byte column, with a mark below it.
fn excerpt(line: &str, column: usize) -> String {
    const AROUND: usize = 36;
    let at = line.char_indices().take_while(|(index, _)| index + 1 < column).count();
    let skipped = at.saturating_sub(AROUND);
    let shown: String = line.chars().skip(skipped).take(2 * AROUND).collect();
    format!("{shown}\n{}^", " ".repeat(at - skipped))
}

fn standard_input() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().lock().read_to_string(&mut text);
    read.map(|_| text)
        .map_err(|error| Failure::usage(format!("standard input cannot be read: {error}")))
}

fn file(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

/// A file that the user named and that is not there, or not text.
pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let path: PathBuf = path.to_owned();
    Failure::usage(format!("the file {} cannot be read: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    fn json(of: &[&str]) -> String {
        match Payload::read(&words(of)).unwrap() {
            Payload::Json(json) => json.get().to_owned(),
            Payload::Pairs(pairs) => panic!("{pairs:?} is no JSON"),
        }
    }

    fn refused(of: &[&str]) -> String {
        Payload::read(&words(of)).unwrap_err().to_string()
    }

    #[test]
    fn json_is_carried_byte_for_byte() {
        let text = r#"{"n": 12345678901234567890123, "s":"é"}"#;
        assert_eq!(json(&[text]), text);
    }

    #[test]
    fn no_words_are_the_empty_object() {
        assert_eq!(json(&[]), "{}");
    }

    #[test]
    fn a_fault_in_json_is_shown_where_it_is() {
        let text = refused(&[r#"{"message": hello}"#]);
        assert!(text.contains("line 1 column 13"), "{text}");
        let mark = text.lines().find(|line| line.trim() == "^").unwrap();
        let shown = text.lines().find(|line| line.contains("hello}")).unwrap();
        assert_eq!(mark.find('^'), shown.find('h'), "{text}");
    }

    #[test]
    fn a_word_that_is_neither_json_nor_a_pair_is_told_what_would_be() {
        let text = refused(&["hello"]);
        assert!(text.contains("key=value"), "{text}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let text = refused(&["@/no/such/file"]);
        assert!(text.contains("/no/such/file"), "{text}");
    }

    proptest! {
        #[test]
        fn no_input_makes_it_panic(words in prop::collection::vec("[^@-].{0,40}", 0..4)) {
            let _ = Payload::read(&words);
        }

        #[test]
        fn an_excerpt_never_cuts_a_character(line in ".{1,120}", column in 0usize..200) {
            let _ = excerpt(&line, column);
        }
    }
}
