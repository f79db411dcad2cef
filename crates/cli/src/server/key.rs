//! The key for the API: from the environment, else from a file; never from an argument, which others see.

use std::{fs, path::Path};

use agent_runner_client::api::ApiKey;

use crate::{environment, failure::Failure, payload};

pub(super) fn read(file: Option<&Path>) -> Result<Option<ApiKey>, Failure> {
    let (text, origin) = match (environment::api_key(), file) {
        (Some(key), _) => (key, "AGENT_RUNNER_API_KEY".to_owned()),
        (None, Some(file)) => {
            let text = fs::read_to_string(file).map_err(|error| payload::unreadable(file, &error));
            (text?, file.display().to_string())
        }
        (None, None) => return Ok(None),
    };
    let key = ApiKey::new(&text);
    key.map(Some).map_err(|error| Failure::usage(format!("{origin} holds no API key: {error}")))
}
