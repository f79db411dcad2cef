//! How long a prompt can be at most, before anybody has counted it.

use std::io::{self, Write};

use agent_runner_llm::{Block, BlockView, Request};
use serde::Serialize;

/// What providers add of their own: how tools are used, how an answer is to look.
const HIDDEN_TOKENS: u64 = 2_000;
/// No provider makes more of one image, however large.
const IMAGE_TOKENS_MAX: u64 = 16_000;
/// Pages are read as text and as images, and a compressed page may be tiny: no model reads more than this at all.
const PDF_TOKENS_MAX: u64 = 2_000_000;

/// No token of a text is shorter than a byte, so this is never too little, and often several times too much.
pub(super) fn prompt_tokens_max(request: &Request) -> u64 {
    let blocks = request.messages.iter().flat_map(|message| &message.content);
    let content: u64 = blocks.map(block_tokens_max).sum();
    let around = (&request.system, &request.tools, &request.output_schema, &request.extra);
    let turns = request.messages.len() as u64 * 16;
    content + json_bytes(&around) + turns + HIDDEN_TOKENS
}

/// What a prompt of this length most probably is, for calls that ended before anybody said so.
pub(super) fn prompt_tokens_guessed(request: &Request) -> u64 {
    let blocks = request.messages.iter().flat_map(|message| &message.content);
    let content: u64 = blocks.map(|block| block.raw().get().len() as u64).sum();
    tokens_of_chars(content + json_bytes(&(&request.system, &request.tools)))
}

/// A little more than it is in English: who charges for a broken answer charges for what was on its way as well.
pub(super) fn tokens_of_chars(chars: u64) -> u64 {
    chars.div_ceil(3)
}

fn block_tokens_max(block: &Block) -> u64 {
    let raw = block.raw().get();
    let bytes = raw.len() as u64;
    match block.view() {
        BlockView::Image => IMAGE_TOKENS_MAX,
        BlockView::Document if raw.contains("application/pdf") => PDF_TOKENS_MAX,
        BlockView::ToolResult { .. } | BlockView::Other(_) => {
            let images = raw.matches("\"image").count() as u64;
            bytes + images * IMAGE_TOKENS_MAX
        }
        _ => bytes,
    }
}

fn json_bytes(value: &impl Serialize) -> u64 {
    let mut counter = Counter(0);
    let written = serde_json::to_writer(&mut counter, value);
    written.map_or(u64::MAX >> 8, |()| counter.0)
}

/// Counts instead of keeping.
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use agent_runner_llm::Tool;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_byte_that_is_sent_counts() {
        let empty = prompt_tokens_max(&Request::new("m", 1));
        let mut request = Request::new("m", 1).user("ü".repeat(1_000));
        assert!(prompt_tokens_max(&request) >= empty + 2_000);
        request.system = Some("x".repeat(5_000));
        let description = "y".repeat(7_000);
        let input_schema = json!({"type": "object"});
        let tool = Tool { name: "t".into(), description, input_schema, strict: false };
        request.tools.push(tool);
        assert!(prompt_tokens_max(&request) >= empty + 14_000);
    }

    #[test]
    fn images_count_as_images_wherever_they_are_and_a_pdf_as_all_there_can_be() {
        let of = |block| {
            let mut request = Request::new("m", 1).user("look");
            request.messages[0].content.push(block);
            prompt_tokens_max(&request)
        };
        let image = Block::image("image/png", &"A".repeat(1_000_000));
        assert!((IMAGE_TOKENS_MAX..2 * IMAGE_TOKENS_MAX).contains(&of(image.clone())));
        let nested = format!(
            r#"{{"type":"tool_result","tool_use_id":"t","content":[{}]}}"#,
            Block::image("image/png", "AAAA").raw().get()
        );
        assert!(of(serde_json::from_str(&nested).unwrap()) > IMAGE_TOKENS_MAX);
        assert!(of(Block::pdf("a", "AAAA")) > PDF_TOKENS_MAX);
        assert!(of(Block::plain_document("a", &"z".repeat(9_000))) > 9_000);
    }
}
