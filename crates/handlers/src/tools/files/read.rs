//! `read_file`.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    rc::Rc,
};

use agent_runner_domain::job::Failure;
use async_trait::async_trait;
use serde_json::json;
use tokio::task::spawn_blocking;

use super::{
    super::{Answer, Call, Definition, Output, Tool, bound::readable},
    Folder,
};

pub(in crate::tools) const NAME: &str = "read_file";
const BYTES_MAX: u64 = 1024 * 1024;

pub(in crate::tools) struct ReadFile {
    definition: Definition,
    folder: Rc<Folder>,
}

impl ReadFile {
    pub(in crate::tools) fn new(folder: Rc<Folder>) -> Self {
        let definition = Definition {
            name: NAME.to_owned(),
            description: "Reads a text file of the job's folder.".to_owned(),
            input_schema: json!({
                "type": "object", "required": ["path"], "additionalProperties": false,
                "properties": {"path": {"type": "string", "description": "relative to the job's folder"}},
            }),
        };
        Self { definition, folder }
    }
}

#[async_trait(?Send)]
impl Tool for ReadFile {
    fn definition(&self) -> &Definition {
        &self.definition
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    async fn call(&self, call: Call<'_>) -> Result<Answer, Failure> {
        let name = call.input["path"].as_str().unwrap_or_default();
        let path = match self.folder.locate(name) {
            Ok(path) => path,
            Err(reason) => return Ok(Output::error(reason).into()),
        };
        let read = spawn_blocking(move || beginning(&path)).await.map_err(io::Error::other);
        Ok(match read.and_then(|read| read) {
            Ok(text) => Output::said(text),
            Err(error) => Output::error(format!("`{name}` cannot be read: {error}")),
        }
        .into())
    }
}

fn beginning(path: &Path) -> io::Result<String> {
    let about = std::fs::symlink_metadata(path)?;
    if !about.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(BYTES_MAX).read_to_end(&mut bytes)?;
    let text = readable(&bytes, None);
    let whole = about.len();
    if whole <= BYTES_MAX {
        return Ok(text);
    }
    Ok(format!("{text}\n[the file has {whole} bytes; these are the first {BYTES_MAX}]"))
}
