//! What a server answers, as a text for the model.

use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde_json::Value;

use super::super::{Output, bound::binary, schema::Compiled};

const UNKNOWN: &str = "[content of a kind that is not known here]";

pub(super) fn told(result: CallToolResult, schema: Option<&Compiled>) -> Output {
    if let Some(fault) = lie(&result, schema) {
        return Output::error(fault);
    }
    let mut parts: Vec<String> = result.content.into_iter().map(part).collect();
    if let Some(structured) = result.structured_content.filter(|_| parts.is_empty()) {
        parts.push(structured.to_string());
    }
    let content = parts.join("\n");
    Output { is_error: result.is_error.unwrap_or(false), ..Output::said(content) }
}

/// A server that promises a form of its answers is held to it.
fn lie(result: &CallToolResult, schema: Option<&Compiled>) -> Option<String> {
    let schema = schema.filter(|_| result.is_error != Some(true))?;
    let said = result.structured_content.as_ref().unwrap_or(&Value::Null);
    let faults = schema.check(said).err()?;
    Some(format!("the server's answer is not what its outputSchema promises:\n{faults}"))
}

fn part(block: ContentBlock) -> String {
    match block {
        ContentBlock::Text(text) => text.text,
        ContentBlock::Image(image) => binary(decoded(&image.data), Some(&image.mime_type)),
        ContentBlock::Audio(audio) => binary(decoded(&audio.data), Some(&audio.mime_type)),
        ContentBlock::ResourceLink(link) => format!("{} ({})", link.uri, link.name),
        ContentBlock::Resource(resource) => match resource.resource {
            ResourceContents::TextResourceContents { uri, text, .. } => format!("{uri}\n{text}"),
            ResourceContents::BlobResourceContents { uri, mime_type, blob, .. } => {
                format!("{uri}\n{}", binary(decoded(&blob), mime_type.as_deref()))
            }
            _ => UNKNOWN.to_owned(),
        },
        _ => UNKNOWN.to_owned(),
    }
}

/// The bytes behind so much base64.
fn decoded(base64: &str) -> usize {
    base64.trim_end_matches('=').len() * 3 / 4
}
