//! The embedded adapters keep the ports' promises.

#![expect(clippy::unwrap_used, reason = "what makes a subject is part of each test")]

mod database {
    use std::sync::Arc;

    use agent_runner_domain::ports::JobStore;
    use agent_runner_local::database::Database;
    use agent_runner_testkit::{Samples, conformance::work_queue::Subject};
    use tempfile::TempDir;

    fn open() -> (Database, TempDir) {
        let folder = TempDir::new().unwrap();
        let database = Database::open(folder.path().join("jobs.sqlite3")).unwrap();
        (database, folder)
    }

    mod job_store {
        use super::*;

        fn store() -> (Arc<dyn JobStore>, TempDir) {
            let (database, folder) = open();
            (Arc::new(database.job_store()), folder)
        }

        agent_runner_testkit::job_store_suite!(store());
    }

    mod ledger {
        use agent_runner_domain::ports::Ledger;

        use super::*;

        fn ledger() -> (Arc<dyn Ledger>, TempDir) {
            let (database, folder) = open();
            (Arc::new(database.ledger()), folder)
        }

        agent_runner_testkit::ledger_suite!(ledger());
    }

    mod work_queue {
        use super::*;

        fn subject() -> (Subject, TempDir) {
            let (database, folder) = open();
            let samples = Samples::default();
            let subject = Subject {
                queue: Arc::new(database.work_queue(Arc::new(samples.clock.clone()))),
                store: Arc::new(database.job_store()),
                samples,
            };
            (subject, folder)
        }

        agent_runner_testkit::work_queue_suite!(subject());
    }
}
