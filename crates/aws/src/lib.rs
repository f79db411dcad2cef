//! The ports on AWS: DynamoDB, SQS, ECS on Fargate, S3 and Secrets Manager. One module per port.

pub mod artifact_store;
pub mod clients;
mod clock;
pub mod doctor;
pub mod fault;
mod images;
pub mod job_store;
mod journal;
pub mod large_objects;
pub mod launcher;
pub mod ledger;
mod names;
mod objects;
mod open;
mod queues;
pub mod quotas;
#[cfg(test)]
mod replay;
pub mod secret_source;
mod signed;
pub mod subnets;
pub mod table;
pub mod task_events;
pub mod work_queue;

pub use self::{
    names::{BANDS, Names},
    open::{Aws, NoRegion},
};
