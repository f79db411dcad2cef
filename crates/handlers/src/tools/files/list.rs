//! `list_files`.

use std::{fs, path::Path, rc::Rc};

use agent_runner_domain::job::Failure;
use async_trait::async_trait;
use serde_json::json;

use super::{
    super::{Answer, Call, Definition, Output, Tool},
    Folder,
};

pub(in crate::tools) const NAME: &str = "list_files";
const LINES_MAX: usize = 1_000;

pub(in crate::tools) struct ListFiles {
    definition: Definition,
    folder: Rc<Folder>,
}

impl ListFiles {
    pub(in crate::tools) fn new(folder: Rc<Folder>) -> Self {
        let definition = Definition {
            name: NAME.to_owned(),
            description:
                "Lists the files of the job's folder, or of a folder in it, with their sizes."
                    .to_owned(),
            input_schema: json!({
                "type": "object", "additionalProperties": false,
                "properties": {"path": {"type": "string", "description": "a folder; the whole if absent"}},
            }),
        };
        Self { definition, folder }
    }
}

#[async_trait(?Send)]
impl Tool for ListFiles {
    fn definition(&self) -> &Definition {
        &self.definition
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    async fn call(&self, call: Call<'_>) -> Result<Answer, Failure> {
        let name = call.input["path"].as_str().unwrap_or(".");
        let path = match self.folder.locate(name) {
            Ok(path) if path.is_dir() => path,
            Ok(_) => return Ok(Output::error(format!("`{name}` is no folder")).into()),
            Err(reason) => return Ok(Output::error(reason).into()),
        };
        let mut lines = Vec::new();
        list(self.folder.root(), &path, &mut lines);
        lines.sort();
        let more = lines.len().saturating_sub(LINES_MAX);
        lines.truncate(LINES_MAX);
        if more > 0 {
            lines.push(format!("[and {more} or more files]"));
        }
        let said =
            if lines.is_empty() { "there are no files".to_owned() } else { lines.join("\n") };
        Ok(Output::said(said).into())
    }
}

/// One more than is shown is enough to know that there are more.
fn list(root: &Path, folder: &Path, lines: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if lines.len() > LINES_MAX {
            return;
        }
        let path = entry.path();
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        match entry.metadata() {
            Ok(about) if about.is_dir() => list(root, &path, lines),
            Ok(about) if about.is_file() => lines.push(format!("{name} ({} bytes)", about.len())),
            _ => lines.push(format!("{name} (no file)")),
        }
    }
}
