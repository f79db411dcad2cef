//! What a research is told: that nothing was found out, at every place where a model would say something.

use std::fmt::Write;

use super::topic;
use crate::ask::Ask;

const OPEN: &str = "(not answered:";

/// `None` if nobody asks for a finding or a synthesis.
pub(super) fn answer(ask: &Ask) -> Option<String> {
    if ask.prompt.lines().any(|line| line.trim() == "Findings:") {
        return Some(synthesis(&ask.prompt));
    }
    ask.prompt.starts_with("Question: ").then(|| finding(&ask.prompt))
}

fn finding(prompt: &str) -> String {
    format!(
        "No model was asked, and nothing was found out about this: {}. Here would stand names, numbers and dates, what \
         is established and what is disputed.\n\nWith the tool `http_fetch`, a model looks things up before it \
         answers; the pages that it has read become the sources of this finding. Name an address in the topic, and \
         the simulator reads it.",
        topic::of(prompt)
    )
}

fn synthesis(prompt: &str) -> String {
    let (mut said, mut open) = (String::new(), String::new());
    let mut lines = prompt.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((number, question)) = numbered(line) else { continue };
        let is_open = lines.peek().is_some_and(|next| next.starts_with(OPEN));
        let list = if is_open { &mut open } else { &mut said };
        let _ = writeln!(list, "- {question} [{number}]");
    }
    if open.is_empty() {
        open.push_str("Nothing: every question has a finding.\n");
    }
    format!(
        "# {}\n\nNo model was asked: this shows what a synthesis looks like. It puts these findings together, and \
         says behind each statement which one it comes from:\n\n{said}\nWhat stays open:\n\n{open}",
        topic::of(prompt)
    )
}

/// `[2] What is it?`
fn numbered(line: &str) -> Option<(u32, &str)> {
    let (number, question) = line.strip_prefix('[')?.split_once("] ")?;
    Some((number.parse().ok()?, question))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(prompt: &str) -> Option<String> {
        answer(&Ask { prompt: prompt.into(), ..Ask::default() })
    }

    #[test]
    fn a_synthesis_names_all_findings_and_what_stays_open() {
        let prompt = "Topic: tides\n\nFindings:\n\n[1] Why?\nBecause.\nSources of [1]: a\n\n[2] When?\n(not answered: 529)\n";
        let text = answered(prompt).unwrap();
        assert!(text.starts_with("# tides\n"), "{text}");
        assert!(
            text.contains("comes from:\n\n- Why? [1]\n\nWhat stays open:\n\n- When? [2]\n"),
            "{text}"
        );
    }

    #[test]
    fn only_who_researches_is_answered() {
        assert!(answered("Question: Why?\n\nThis is question 1 of 3").unwrap().contains("Why"));
        assert_eq!(answered("What is the question?"), None);
    }
}
