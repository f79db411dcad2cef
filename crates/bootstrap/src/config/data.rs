//! Where everything is kept.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The folder that was named, else `agent-runner` in the user's data folder as XDG has it.
///
/// # Errors
/// When none was named and the environment does not tell where the user's home is.
#[expect(clippy::disallowed_methods, reason = "the environment is read in this crate")]
pub fn data_folder(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    let absolute =
        |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let chosen = given
        .map(Path::to_owned)
        .or_else(|| absolute("XDG_DATA_HOME").map(|data| data.join("agent-runner")))
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share/agent-runner")));
    let chosen = chosen.ok_or_else(|| {
        anyhow::anyhow!("HOME is not set: name the data folder with --data or AGENT_RUNNER_DATA")
    })?;
    // Workers run elsewhere and must find it too.
    Ok(std::path::absolute(&chosen)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_folder_is_made_absolute() {
        let folder = data_folder(Some(Path::new("here"))).unwrap();
        assert!(folder.is_absolute() && folder.ends_with("here"));
    }
}
