//! `write_file`.

use std::{fs, io, path::Path, rc::Rc};

use agent_runner_domain::job::Failure;
use async_trait::async_trait;
use serde_json::json;

use super::{
    super::{Answer, Call, Definition, Output, Tool},
    Folder,
};
use crate::Context;

pub(in crate::tools) const NAME: &str = "write_file";
const CHARS_MAX: usize = 1024 * 1024;

pub(in crate::tools) struct WriteFile<'a> {
    definition: Definition,
    folder: Rc<Folder>,
    context: &'a Context,
}

impl<'a> WriteFile<'a> {
    pub(in crate::tools) fn new(folder: Rc<Folder>, context: &'a Context) -> Self {
        let definition = Definition {
            name: NAME.to_owned(),
            description:
                "Writes a text file into the job's folder, in place of an earlier one. It is \
                kept with the job."
                    .to_owned(),
            input_schema: json!({
                "type": "object", "required": ["path", "content"], "additionalProperties": false,
                "properties": {
                    "path": {"type": "string", "minLength": 1, "description": "relative to the job's folder"},
                    "content": {"type": "string", "maxLength": CHARS_MAX},
                },
            }),
        };
        Self { definition, folder, context }
    }
}

#[async_trait(?Send)]
impl Tool for WriteFile<'_> {
    fn definition(&self) -> &Definition {
        &self.definition
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    async fn call(&self, call: Call<'_>) -> Result<Answer, Failure> {
        let text = |field: &str| call.input[field].as_str().unwrap_or_default();
        let (given, content) = (text("path"), text("content"));
        let name = given.strip_prefix("./").unwrap_or(given);
        let written = self.folder.locate(name).and_then(|path| {
            write(&path, content).map_err(|error| format!("`{name}` cannot be written: {error}"))
        });
        if let Err(reason) = written {
            return Ok(Output::error(reason).into());
        }
        let said = format!("{} bytes are in `{name}`", content.len());
        Ok(match self.folder.keep(name, self.context).await? {
            Ok(()) => Output { files: vec![name.to_owned()], ..Output::said(said) },
            Err(remark) => Output::said(format!("{said}, but {remark}")),
        }
        .into())
    }
}

fn write(path: &Path, content: &str) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|about| !about.is_file()) {
        return Err(io::Error::other("there is a folder of that name"));
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content)
}
