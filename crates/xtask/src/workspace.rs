//! Where this workspace is and what its manifests say.

use anyhow::Context;
use cargo_metadata::{CargoOpt, Metadata, MetadataCommand};

/// The manifests of our own crates. Resolves nothing, so it works before anything was fetched.
pub(crate) fn manifests() -> anyhow::Result<Metadata> {
    MetadataCommand::new()
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .context("reading the manifests of the workspace")
}

/// Our own crates and everything they depend on, on every platform.
pub(crate) fn with_dependencies() -> anyhow::Result<Metadata> {
    MetadataCommand::new()
        .features(CargoOpt::AllFeatures)
        .other_options(["--offline".to_owned(), "--locked".to_owned()])
        .exec()
        .context("reading the dependencies of the workspace (`cargo fetch --locked` brings them)")
}
