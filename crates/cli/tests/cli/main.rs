//! The program as its users meet it: arguments in; output, errors and exit codes out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod agents;
mod alone;
mod bad_input;
mod costs;
mod demo;
mod doctor_aws;
mod estimates;
mod help;
mod keys;
mod many;
mod models;
mod served;
mod world;
