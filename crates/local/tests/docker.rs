//! The launcher for Docker keeps the port's promises, with real containers.
//!
//! `scripts/test-docker` makes the image of the stand-in for a worker, and runs this.

#![expect(clippy::unwrap_used, reason = "what makes a subject is part of each test")]

#[path = "docker/isolation.rs"]
mod isolation;
#[path = "docker/refusals.rs"]
mod refusals;
#[path = "docker/site.rs"]
mod site;
#[path = "docker/succession.rs"]
mod succession;

use agent_runner_testkit::conformance::launcher::Subject;

use site::Site;

async fn subject() -> (Subject, Site) {
    let site = Site::new();
    let subject = Subject::new(site.launcher().await, site.launcher().await);
    (subject, site)
}

agent_runner_testkit::launcher_suite!(subject().await);
