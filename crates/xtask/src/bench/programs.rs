//! The programs under measurement.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, ensure};

use crate::workspace;

const PACKAGES: [&str; 4] =
    ["agent-runner", "agent-runner-worker", "agent-runner-model-sim", "xtask"];

pub(super) struct Programs {
    target: PathBuf,
    profile: String,
}

/// The programs of the images: built apart, because the others shall be without what only AWS needs.
const ON_AWS: [&str; 6] = [
    "--package",
    "agent-runner-orchestrator",
    "--package",
    "agent-runner-worker",
    "--features",
    "agent-runner-worker/aws",
];

impl Programs {
    /// Those of a profile; builds what is missing or old, unless told not to.
    pub(super) fn of(profile: &str, build: bool, on_aws: bool) -> anyhow::Result<Self> {
        let target = workspace::manifests()?.target_directory.into_std_path_buf();
        if build {
            cargo_build(profile, PACKAGES.iter().flat_map(|package| ["--package", package]))?;
            if on_aws {
                cargo_build(profile, ON_AWS)?;
            }
        }
        Ok(Self { target, profile: profile.to_owned() })
    }

    pub(super) fn server(&self) -> PathBuf {
        self.path("agent-runner")
    }

    pub(super) fn simulator(&self) -> PathBuf {
        self.path("model-sim")
    }

    pub(super) fn orchestrator(&self) -> PathBuf {
        self.path("agent-runner-orchestrator")
    }

    /// With what AWS needs, if it was built with that last.
    pub(super) fn worker(&self) -> PathBuf {
        self.path("agent-runner-worker")
    }

    pub(super) fn xtask(&self) -> PathBuf {
        self.path("xtask")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.target.join(&self.profile).join(name)
    }

    /// Where data is written: the given folder, or one on the disk that builds are on, which `/tmp` need not be.
    pub(super) fn scratch(&self, given: Option<&Path>) -> anyhow::Result<PathBuf> {
        let folder = given.map_or_else(|| self.target.join("bench"), Path::to_owned);
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        if is_in_memory(&folder) {
            eprintln!("{} is in memory: what fsync costs does not show", folder.display());
        }
        Ok(folder)
    }

    /// Goes on in the optimized build of this program.
    pub(super) fn measure(
        &self,
        arguments: impl Iterator<Item = OsString>,
    ) -> anyhow::Result<ExitCode> {
        let mut command = Command::new(self.xtask());
        let status = command.args(arguments).arg("--no-build").status();
        let status = status.context("starting the optimized build of xtask")?;
        Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn cargo_build<'a>(profile: &str, what: impl IntoIterator<Item = &'a str>) -> anyhow::Result<()> {
    let status = Command::new("cargo").args(["build", "--profile", profile]).args(what).status()?;
    ensure!(status.success(), "the build failed");
    Ok(())
}

#[cfg(target_os = "linux")]
fn is_in_memory(folder: &Path) -> bool {
    // TMPFS_MAGIC of the kernel's headers.
    rustix::fs::statfs(folder).is_ok_and(|found| found.f_type == 0x0102_1994)
}

#[cfg(not(target_os = "linux"))]
fn is_in_memory(_folder: &Path) -> bool {
    false
}
