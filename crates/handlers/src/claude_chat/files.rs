//! Images and documents: files that jobs have left, told apart by what is in them.

use agent_runner_domain::{
    JobId,
    job::{CauseKind, Failure},
    ports::ArtifactName,
};
use agent_runner_llm::Block;
use base64::{Engine, prelude::BASE64_STANDARD};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Payload;
use crate::Context;

/// Of all files together: as base64 they have to fit into a request, which providers limit to 32 MB.
const BYTES_MAX: usize = 20 * 1024 * 1024;
const IMAGES: &[&str] = &["image/png", "image/jpeg", "image/gif", "image/webp"];

/// An artifact of a job.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileOfJob {
    /// Any job of the same tenant.
    #[schemars(with = "String")]
    job_id: JobId,
    /// As the job has named it.
    #[schemars(with = "String", length(min = 1))]
    name: ArtifactName,
}

/// What the model is to see, images first.
pub(super) async fn blocks(payload: &Payload, context: &Context) -> Result<Vec<Block>, Failure> {
    let mut blocks = Vec::new();
    let mut room = BYTES_MAX;
    let kinds: [(_, Make); 2] = [(&payload.images, image), (&payload.documents, document)];
    for (files, make) in kinds {
        for file in files {
            let bytes = fetch(file, context).await?;
            room = room.checked_sub(bytes.len()).ok_or_else(|| {
                let limit = format!("all files together have more than {BYTES_MAX} bytes");
                unusable(file, &limit)
            })?;
            blocks.push(make(file, &bytes).map_err(|problem| unusable(file, &problem))?);
        }
    }
    Ok(blocks)
}

/// The error says why the file is of no use.
type Make = fn(&FileOfJob, &[u8]) -> Result<Block, String>;

async fn fetch(file: &FileOfJob, context: &Context) -> Result<Vec<u8>, Failure> {
    let found = context.artifact(file.job_id, &file.name).await?;
    found.ok_or_else(|| {
        unusable(file, "there is no such artifact of that job, or the job is not this tenant's")
    })
}

fn image(_: &FileOfJob, content: &[u8]) -> Result<Block, String> {
    match media_type(content) {
        Some(kind) if IMAGES.contains(&kind) => {
            Ok(Block::image(kind, &BASE64_STANDARD.encode(content)))
        }
        kind => {
            let kind = kind.unwrap_or("of no known kind");
            Err(format!("it is {kind}; images are PNG, JPEG, GIF or WebP"))
        }
    }
}

fn document(file: &FileOfJob, content: &[u8]) -> Result<Block, String> {
    let title = file.name.as_str();
    match (media_type(content), std::str::from_utf8(content)) {
        (Some("application/pdf"), _) => Ok(Block::pdf(title, &BASE64_STANDARD.encode(content))),
        (_, Ok(text)) if text.trim().is_empty() => Err("it is empty".to_owned()),
        (_, Ok(text)) => Ok(Block::plain_document(title, text)),
        (kind, Err(_)) => {
            let kind = kind.unwrap_or("of no known kind");
            Err(format!("it is {kind}; documents are PDF or UTF-8 text"))
        }
    }
}

fn media_type(content: &[u8]) -> Option<&'static str> {
    infer::get(content).map(|kind| kind.mime_type())
}

fn unusable(FileOfJob { job_id, name }: &FileOfJob, problem: &str) -> Failure {
    let message = format!("the file `{name}` of {job_id} cannot be shown to a model: {problem}");
    Failure::lasting(CauseKind::InvalidPayload, message)
}

#[cfg(test)]
mod tests {
    use agent_runner_llm::BlockView;

    use super::*;

    fn file(name: &str) -> FileOfJob {
        FileOfJob { job_id: JobId::from_u128(1), name: name.parse().unwrap() }
    }

    #[test]
    fn what_a_file_is_stands_in_the_file() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        let block = image(&file("photo.jpg"), png).unwrap();
        assert!(block.raw().get().contains("\"media_type\":\"image/png\""));
        assert!(image(&file("photo.png"), b"hello").unwrap_err().contains("PNG"));
        let pdf = document(&file("a.txt"), b"%PDF-1.7\n").unwrap();
        assert!(pdf.raw().get().contains("application/pdf"));
        let text = document(&file("notes"), "Größe".as_bytes()).unwrap();
        assert!(matches!(text.view(), BlockView::Document));
        assert!(text.raw().get().contains("Größe"));
        assert!(document(&file("photo"), png).unwrap_err().contains("image/png"));
        assert!(document(&file("empty"), b"\n").unwrap_err().contains("empty"));
        assert!(document(&file("noise"), &[0xff, 0x00]).is_err());
    }
}
