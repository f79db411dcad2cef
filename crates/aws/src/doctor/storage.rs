//! The table and the bucket.

use super::{Finding, OfFault, State};
use crate::{
    Aws,
    table::{INDEXES, SCHEMA, TableError},
};

pub(super) async fn table(aws: &Aws) -> Finding {
    const CHECK: &str = "table";
    let name = aws.names().table();
    match aws.check_table().await {
        Ok(()) => {
            let indexes = INDEXES.len();
            Finding::ok(CHECK, format!("`{name}` has schema {SCHEMA} and its {indexes} indexes"))
        }
        Err(TableError::Call(fault)) => Finding::fault(CHECK, &fault),
        Err(error) => {
            Finding { check: CHECK, state: State::Fail(None), message: error.to_string() }
        }
    }
}

pub(super) async fn bucket(aws: &Aws) -> Finding {
    const CHECK: &str = "bucket";
    match aws.artifacts().check().await {
        Ok(()) => Finding::ok(CHECK, format!("`{}` is there", aws.bucket())),
        Err(fault) => Finding::fault(CHECK, &fault),
    }
}
