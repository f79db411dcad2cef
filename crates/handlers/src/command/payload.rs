//! What to run.

use std::{collections::BTreeMap, fs, io, path::Path};

use agent_runner_domain::{catalog::PayloadFault, ports::ArtifactName};
use base64::{Engine, prelude::BASE64_STANDARD};
use schemars::JsonSchema;
use serde::Deserialize;

use super::artifacts::FOLDER;

/// The program, what it is given, and what is kept of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// A name that is looked up in `PATH`, or a path; a relative one starts in the working folder.
    #[schemars(length(min = 1))]
    pub(super) program: String,
    #[serde(default)]
    pub(super) args: Vec<String>,
    /// Variables to set besides those of the worker.
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    /// What the program reads from its standard input; nothing if absent.
    #[serde(default)]
    pub(super) stdin: Option<String>,
    /// Files of the working folder by their relative path.
    #[serde(default)]
    pub(super) files: BTreeMap<String, FileContent>,
    /// How much of standard output, and of standard error, is kept and logged, counted as it takes up space in
    /// the result. What the program prints beyond that is read and dropped.
    #[serde(default = "Payload::output_bytes_default")]
    #[schemars(range(max = 2_097_152))]
    pub(super) output_bytes_max: u32,
    /// Files or folders, relative to the working folder, that are kept as artifacts besides everything in its
    /// folder `artifacts`.
    #[serde(default)]
    pub(super) artifacts: Vec<String>,
}

/// Text, or bytes as base64.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FileContent {
    Text(String),
    Bytes(Encoded),
}

/// Bytes that are no text.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Encoded {
    base64: String,
}

impl FileContent {
    fn bytes(&self) -> Result<Vec<u8>, base64::DecodeError> {
        match self {
            Self::Text(text) => Ok(text.clone().into_bytes()),
            Self::Bytes(Encoded { base64 }) => BASE64_STANDARD.decode(base64),
        }
    }
}

impl Payload {
    /// Both streams together have to fit into a result.
    pub(super) const OUTPUT_BYTES_MAX: u32 = 2 * 1024 * 1024;

    fn output_bytes_default() -> u32 {
        1024 * 1024
    }

    pub(super) fn output_limit(&self) -> usize {
        self.output_bytes_max.min(Self::OUTPUT_BYTES_MAX) as usize
    }

    /// What the schema cannot say.
    pub(super) fn check(&self) -> Result<(), PayloadFault> {
        let texts = self.args.iter().chain(self.env.values()).chain([&self.program]);
        if texts.chain(self.env.keys()).any(|text| text.contains('\0')) {
            return Err(fault("", "`program`, `args` and `env` cannot contain the character NUL"));
        }
        if let Some(name) = self.env.keys().find(|name| name.is_empty() || name.contains('=')) {
            return Err(fault("/env", format!("`{name}` is no name of a variable")));
        }
        for (name, content) in &self.files {
            self.check_file(name, content)
                .map_err(|message| fault(&at("/files", name), message))?;
        }
        match self.artifacts.iter().position(|name| name.parse::<ArtifactName>().is_err()) {
            Some(index) => {
                let message = format!("`{}` {PATH_WANTED}", self.artifacts[index]);
                Err(fault(&at("/artifacts", &index.to_string()), message))
            }
            None => Ok(()),
        }
    }

    fn check_file(&self, name: &str, content: &FileContent) -> Result<(), String> {
        name.parse::<ArtifactName>().map_err(|_| format!("`{name}` {PATH_WANTED}"))?;
        if name == FOLDER {
            return Err(format!("`{FOLDER}` is the folder for artifacts; put files into it"));
        }
        let mut folders = name.match_indices('/').map(|(end, _)| &name[..end]);
        if let Some(folder) = folders.find(|folder| self.files.contains_key(*folder)) {
            return Err(format!("`{folder}` cannot be a file and a folder"));
        }
        content.bytes().map(drop).map_err(|error| format!("`{name}` is no base64: {error}"))
    }

    /// After [`Self::check`].
    pub(super) fn write_files(&self, folder: &Path) -> io::Result<()> {
        for (name, content) in &self.files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(path, content.bytes().map_err(io::Error::other)?)?;
        }
        Ok(())
    }
}

const PATH_WANTED: &str = "has to be a relative path without `..`";

fn fault(path: &str, message: impl Into<String>) -> PayloadFault {
    PayloadFault { path: path.to_owned(), message: message.into() }
}

/// A JSON pointer.
fn at(parent: &str, key: &str) -> String {
    format!("{parent}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn fault(payload: Value) -> String {
        let payload: Payload = serde_json::from_value(payload).unwrap();
        payload.check().unwrap_err().message
    }

    #[test]
    fn what_cannot_work_is_named() {
        assert!(fault(json!({"program": "a\0b"})).contains("NUL"));
        assert!(fault(json!({"program": "a", "env": {"A=B": "c"}})).contains("`A=B`"));
        assert!(fault(json!({"program": "a", "files": {"../b": "c"}})).contains("`../b`"));
        assert!(fault(json!({"program": "a", "files": {"b": {"base64": "%"}}})).contains("base64"));
        assert!(fault(json!({"program": "a", "artifacts": ["/etc/passwd"]})).contains("passwd"));
        let files = json!({"a": "file", "a/b/c": "in a folder a"});
        assert!(fault(json!({"program": "a", "files": files})).contains("`a` cannot be"));
        assert!(fault(json!({"program": "a", "files": {"artifacts": "x"}})).contains("folder"));
    }

    #[test]
    fn files_are_text_or_bytes() {
        let files = json!({"a/b": "text", "c": {"base64": "AAE="}});
        let payload: Payload =
            serde_json::from_value(json!({"program": "a", "files": files})).unwrap();
        let folder = tempfile::tempdir().unwrap();
        payload.write_files(folder.path()).unwrap();
        assert_eq!(fs::read(folder.path().join("a/b")).unwrap(), b"text");
        assert_eq!(fs::read(folder.path().join("c")).unwrap(), [0, 1]);
    }
}
