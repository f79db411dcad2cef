//! What a prompt is about.

const CHARS_MAX: usize = 80;

/// What stands behind `Topic:` or between its tags, else the first line that says something.
pub(super) fn of(prompt: &str) -> String {
    let named = prompt.lines().find_map(|line| {
        let (label, rest) = line.split_once(':')?;
        let label = label.trim_matches(|c: char| !c.is_alphabetic()).to_lowercase();
        (label == "topic" || label == "question").then(|| rest.trim())
    });
    let tagged = || Some(prompt.split_once("<topic>")?.1.split_once("</topic>")?.0.trim());
    let first = || prompt.lines().map(str::trim).find(|line| !line.is_empty());
    let topic = named.filter(|topic| !topic.is_empty()).or_else(tagged).or_else(first);
    let topic = topic.unwrap_or("nothing").trim_end_matches(['.', '?', '!']);
    topic.trim_matches('"').chars().take(CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_where_prompts_have_it() {
        for (prompt, topic) in [
            ("Plan it.\n\nTopic: the sea.\n", "the sea"),
            ("x <topic>\nmoths</topic>", "moths"),
            ("\nWhy is it so?\nmore", "Why is it so"),
            ("", "nothing"),
        ] {
            assert_eq!(of(prompt), topic);
        }
    }
}
