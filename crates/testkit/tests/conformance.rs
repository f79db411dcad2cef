//! The fakes keep the promises that tests lean on.

mod job_store {
    use std::sync::Arc;

    use agent_runner_domain::ports::JobStore;
    use agent_runner_testkit::MemoryStore;

    agent_runner_testkit::job_store_suite!((
        Arc::new(MemoryStore::default()) as Arc<dyn JobStore>,
        ()
    ));
}

mod ledger {
    use std::sync::Arc;

    use agent_runner_domain::ports::Ledger;
    use agent_runner_testkit::MemoryLedger;

    agent_runner_testkit::ledger_suite!((Arc::new(MemoryLedger::default()) as Arc<dyn Ledger>, ()));
}

mod work_queue {
    use std::sync::Arc;

    use agent_runner_testkit::{
        MemoryQueue, MemoryStore, Samples, conformance::work_queue::Subject,
    };

    fn subject() -> (Subject, ()) {
        let samples = Samples::default();
        let subject = Subject {
            queue: Arc::new(MemoryQueue::new(Arc::new(samples.clock.clone()))),
            store: Arc::new(MemoryStore::default()),
            samples,
        };
        (subject, ())
    }

    agent_runner_testkit::work_queue_suite!(subject());
}
