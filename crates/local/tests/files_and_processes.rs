//! The embedded adapters that need no database keep the ports' promises.

#![expect(clippy::unwrap_used, reason = "what makes a subject is part of each test")]

use std::sync::Arc;

use tempfile::TempDir;

mod artifact_store {
    use agent_runner_domain::ports::ArtifactStore;
    use agent_runner_local::artifact_store::FileArtifacts;

    use super::{Arc, TempDir};

    fn store() -> (Arc<dyn ArtifactStore>, TempDir) {
        let folder = TempDir::new().unwrap();
        (Arc::new(FileArtifacts::open(folder.path()).unwrap()), folder)
    }

    agent_runner_testkit::artifact_store_suite!(store());

    #[test]
    fn what_was_left_unfinished_is_removed() {
        let folder = TempDir::new().unwrap();
        let half = folder.path().join("unfinished/7");
        drop(FileArtifacts::open(folder.path()).unwrap());
        std::fs::write(&half, "half").unwrap();
        drop(FileArtifacts::open(folder.path()).unwrap());
        assert!(!half.exists());
    }
}

mod secret_source {
    use agent_runner_local::secret_source::EnvironmentSecrets;
    use agent_runner_testkit::conformance::secret_source::Subject;

    use super::Arc;

    fn subject() -> (Subject, ()) {
        let (name, text) = ("agent-runner/anthropic-api-key", "sk-not-a-key");
        let variables = [("ANTHROPIC_API_KEY".to_owned(), text.to_owned())];
        (Subject { source: Arc::new(EnvironmentSecrets::new(variables)), name, text }, ())
    }

    agent_runner_testkit::secret_source_suite!(subject());
}

mod launcher {
    use std::path::Path;

    use agent_runner_domain::{job::Terms, ports::Launcher};
    use agent_runner_local::launcher::{LauncherConfig, ProcessLauncher, StartBy};
    use agent_runner_testkit::conformance::launcher::{Behaviour, Subject};

    use super::{Arc, TempDir};

    fn stand_in() -> String {
        let [ends, fails, runs, deaf] =
            [Behaviour::Ends, Behaviour::Fails, Behaviour::Runs, Behaviour::IsDeaf]
                .map(|behaviour| behaviour as u32);
        let wait = "while :; do sleep 0.02; done";
        format!(
            "case $JOB_ATTEMPT in {ends}) exit 0;; {fails}) exit 3;; \
             {runs}) trap 'exit 0' TERM; {wait};; {deaf}) trap '' TERM; {wait};; esac"
        )
    }

    fn launcher(folder: &Path) -> Arc<dyn Launcher> {
        Arc::new(ProcessLauncher::new(LauncherConfig {
            program: vec!["/bin/sh".into(), "-c".into(), stand_in().into()],
            link: "unix:/nowhere".into(),
            environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
            work_dir: folder.to_owned(),
            max_running: 2,
            warm: 0,
            start_by: StartBy::Exec,
            terms: Terms::default(),
        }))
    }

    fn subject() -> (Subject, TempDir) {
        let folder = TempDir::new().unwrap();
        let subject = Subject::new(launcher(folder.path()), launcher(folder.path()));
        (subject, folder)
    }

    agent_runner_testkit::launcher_suite!(subject());
}
