//! Makes the table where no infrastructure does: for emulators and tests.

use aws_sdk_dynamodb::{
    Client,
    error::BuildError,
    operation::create_table::CreateTableError,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
        Projection, ProjectionType, TableStatus,
    },
};
use tokio::time::{Duration, Instant, sleep};

use super::{INDEXES, Index, PK, SK, TableError, check, key_attributes};
use crate::fault::Fault;

const ACTIVE_WITHIN: Duration = Duration::from_mins(2);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Makes the table with its indexes and waits until it can be used. A table that is there already is only checked.
///
/// # Errors
/// When it cannot be made, does not become usable in time, or is another than this program needs.
pub async fn create(client: &Client, name: &str) -> Result<(), TableError> {
    let mut making = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(keys(PK, SK).map_err(undefined)?));
    for (attribute, kind) in key_attributes() {
        let defined =
            AttributeDefinition::builder().attribute_name(attribute).attribute_type(kind).build();
        making = making.attribute_definitions(defined.map_err(undefined)?);
    }
    for index in INDEXES {
        making = making.global_secondary_indexes(definition(index).map_err(undefined)?);
    }
    match making.send().await {
        Ok(_) => {}
        Err(error)
            if error
                .as_service_error()
                .is_some_and(CreateTableError::is_resource_in_use_exception) => {}
        Err(error) => {
            return Err(
                Fault::of(&error, "dynamodb:CreateTable", &format!("the table `{name}`")).into()
            );
        }
    }
    until_active(client, name).await?;
    check(client, name).await
}

async fn until_active(client: &Client, name: &str) -> Result<(), TableError> {
    let give_up_at = Instant::now() + ACTIVE_WITHIN;
    loop {
        let table = check::described(client, name).await?;
        if table.table_status() == Some(&TableStatus::Active) {
            return Ok(());
        }
        if Instant::now() > give_up_at {
            return Err(TableError::wrong(format!("the table `{name}` is still being made")));
        }
        sleep(LOOK_EVERY).await;
    }
}

fn definition(index: Index) -> Result<GlobalSecondaryIndex, BuildError> {
    GlobalSecondaryIndex::builder()
        .index_name(index.name)
        .set_key_schema(Some(keys(index.hash, index.range)?))
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
        .build()
}

fn keys(hash: &str, range: &str) -> Result<Vec<KeySchemaElement>, BuildError> {
    let key = |name, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    Ok(vec![key(hash, KeyType::Hash)?, key(range, KeyType::Range)?])
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function of map_err")]
fn undefined(error: BuildError) -> TableError {
    TableError::wrong(error.to_string())
}
