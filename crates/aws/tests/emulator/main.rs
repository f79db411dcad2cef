//! The adapters against an emulator of AWS; `scripts/test-aws` starts one and runs them.

#![expect(clippy::unwrap_used, reason = "what makes a subject is part of each test")]

mod artifact_store;
mod conflicting;
mod doctor;
mod iam;
mod job_store;
mod ledger;
mod lossy;
mod secret_source;
mod site;
mod table;
mod work_queue;
