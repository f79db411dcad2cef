//! The ports on AWS: DynamoDB, SQS, ECS on Fargate, S3 and Secrets Manager. One module per port.

pub mod clients;
mod names;

pub use self::names::{BANDS, Names};
