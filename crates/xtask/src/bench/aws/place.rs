//! Where a program under measurement runs.

use std::{path::PathBuf, process::Command};

/// As a process, or in a container of this machine's Docker daemon.
#[derive(Debug, Clone)]
pub(super) enum Place {
    Process(PathBuf),
    /// The program is what the image starts.
    Container(String),
}

impl Place {
    /// The program with these variables and nothing else of this one's environment.
    pub(super) fn command(&self, variables: &[(String, String)]) -> Command {
        match self {
            Self::Process(program) => {
                let mut command = Command::new(program);
                command.env_clear().env("PATH", "/usr/bin:/bin");
                command.envs(variables.iter().cloned());
                command
            }
            Self::Container(image) => {
                let mut command = Command::new("docker");
                // The emulator listens on this machine only.
                command.args(["run", "--rm", "--network", "host"]);
                for (name, value) in variables {
                    command.arg("--env").arg(format!("{name}={value}"));
                }
                command.arg(image);
                command
            }
        }
    }
}
