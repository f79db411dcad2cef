//! The code in an answer.
//!
//! Models are asked for one fenced block and mostly obey. Some explain around it, add a second block that shows how
//! to call it, forget a fence, or put fences of the same length into a block: all of that is read as it was meant.

use super::language;

/// What stands between two fences.
#[derive(Debug, Default, PartialEq, Eq)]
struct Block<'a> {
    /// The word behind the opening fence.
    language: &'a str,
    lines: Vec<&'a str>,
}

/// A line of three or more backticks or tildes.
#[derive(Clone, Copy)]
struct Fence<'a> {
    mark: char,
    length: usize,
    indent: usize,
    /// What follows it: a language where a block begins, nothing where it ends.
    info: &'a str,
}

/// The block that is most probably wanted: the longest one in the language, else the longest one; without fences
/// everything.
pub(super) fn code(answer: &str, wanted: &str) -> String {
    let is_prose = language::is_same(wanted, "markdown");
    let blocks = blocks(answer, is_prose);
    let (fitting, others): (Vec<_>, Vec<_>) = blocks
        .into_iter()
        .filter(|block| block.lines.iter().any(|line| !line.trim().is_empty()))
        .partition(|block| language::is_same(block.language, wanted));
    match longest(fitting).or_else(|| longest(others)) {
        Some(block) => joined(&block.lines),
        None => joined(&answer.lines().filter(|line| fence(line).is_none()).collect::<Vec<_>>()),
    }
}

fn longest(blocks: Vec<Block<'_>>) -> Option<Block<'_>> {
    blocks.into_iter().max_by_key(Block::bytes)
}

impl Block<'_> {
    fn bytes(&self) -> usize {
        self.lines.iter().map(|line| line.len()).sum()
    }
}

fn joined(lines: &[&str]) -> String {
    lines.join("\n").trim_start_matches('\n').trim_end().to_owned()
}

fn blocks(answer: &str, is_prose: bool) -> Vec<Block<'_>> {
    let lines: Vec<&str> = answer.lines().collect();
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let Some(opening) = fence(lines[at]) else {
            at += 1;
            continue;
        };
        let end = end_of_block(&lines, at + 1, opening, is_prose);
        let stripped = lines[at + 1..end].iter().map(|line| without_indent(line, opening.indent));
        blocks.push(Block {
            language: opening.info.split_whitespace().next().unwrap_or_default(),
            lines: stripped.collect(),
        });
        at = end + 1;
    }
    blocks
}

/// The line that closes the block, or the end of the answer if that was cut off.
fn end_of_block(lines: &[&str], from: usize, opening: Fence, is_prose: bool) -> usize {
    let mut depth = 0_usize;
    let mut last_closing = None;
    for (at, line) in lines.iter().enumerate().skip(from) {
        let Some(fence) = fence(line).filter(|fence| fence.fits(opening)) else { continue };
        if !fence.info.is_empty() {
            depth += 1;
            continue;
        }
        last_closing = Some(at);
        // In a text about code nothing tells an inner fence from the last one but that it is not the last.
        if depth == 0 && !is_prose {
            return at;
        }
        depth = depth.saturating_sub(1);
    }
    last_closing.unwrap_or(lines.len())
}

impl Fence<'_> {
    /// Whether it can open or close something within the block that `opening` has opened, or close that block.
    fn fits(self, opening: Fence) -> bool {
        self.mark == opening.mark
            && self.length >= opening.length
            && self.indent <= opening.indent + 3
    }
}

fn fence(line: &str) -> Option<Fence<'_>> {
    let text = line.trim_start_matches(' ');
    let indent = line.len() - text.len();
    let mark = text.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let info = text.trim_start_matches(mark);
    let length = text.len() - info.len();
    let is_inline = mark == '`' && info.contains('`');
    (length >= 3 && !is_inline).then_some(Fence { mark, length, indent, info: info.trim() })
}

fn without_indent(line: &str, indent: usize) -> &str {
    let spaces = line.len() - line.trim_start_matches(' ').len();
    &line[spaces.min(indent)..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn of(answer: &str, wanted: &str, expected: &str) {
        assert_eq!(code(answer, wanted), expected);
    }

    #[test]
    fn the_code_is_what_stands_between_the_fences() {
        of("```python\nprint(1)\n```", "python", "print(1)");
        of("Here:\n\n```py\nif x:\n    y()\n```\nDone.", "python", "if x:\n    y()");
        of("~~~\na\n~~~", "python", "a");
        of("1. so:\n   ```sh\n   a\n     b\n   ```", "bash", "a\n  b");
    }

    #[test]
    fn missing_fences_do_no_harm() {
        of("print(1)\nprint(2)\n", "python", "print(1)\nprint(2)");
        of("    indented\nmore", "python", "    indented\nmore");
        of("```python\nprint(1)\nprint(", "python", "print(1)\nprint(");
        of("print(1)\n```", "python", "print(1)");
        of("```python\n```", "python", "");
        of("", "python", "");
    }

    #[test]
    fn of_several_blocks_the_longest_in_the_language_is_taken() {
        let answer = "```rust\nfn main() {}\n```\nRun it:\n```sh\ncargo run --release --quiet\n```\n```rust\nx\n```";
        of(answer, "rust", "fn main() {}");
        of(answer, "haskell", "cargo run --release --quiet");
    }

    #[test]
    fn fences_within_the_code_belong_to_it() {
        of("````md\n```py\na\n```\n````", "markdown", "```py\na\n```");
        of(
            "```py\ns = '''\n```sh\nls\n```\n'''\n```\nend",
            "python",
            "s = '''\n```sh\nls\n```\n'''",
        );
        of(
            "```py\ndef f():\n    '''\n    ```\n    f()\n    ```\n    '''\n```",
            "python",
            "def f():\n    '''\n    ```\n    f()\n    ```\n    '''",
        );
        of("```markdown\n# A\n```\nls\n```\nB\n```\n", "markdown", "# A\n```\nls\n```\nB");
        of(
            "```rust\n/// ```\n/// f();\n/// ```\nfn f() {}\n```",
            "rust",
            "/// ```\n/// f();\n/// ```\nfn f() {}",
        );
        of("use ```a``` here\n```py\nb\n```", "python", "b");
    }

    proptest! {
        #[test]
        fn whatever_a_model_says_nothing_is_made_up(answer in "[a`~\n {}é]{0,60}") {
            let found = code(&answer, "python");
            for line in found.lines() {
                prop_assert!(answer.contains(line.trim()));
            }
        }
    }
}
