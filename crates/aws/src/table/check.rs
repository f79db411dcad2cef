//! Whether the table is the one that this program needs.

use aws_sdk_dynamodb::{
    Client,
    operation::put_item::PutItemError,
    types::{AttributeValue, KeySchemaElement, TableDescription},
};

use super::{INDEXES, PK, SCHEMA, SK};
use crate::fault::Fault;

/// The table cannot be used as it is, or it is not known whether it can.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// AWS did not answer as it should.
    #[error(transparent)]
    Call(#[from] Fault),
    /// The table is another than this program needs.
    #[error("{0}")]
    Wrong(String),
}

impl TableError {
    pub(super) fn wrong(text: impl Into<String>) -> Self {
        Self::Wrong(text.into())
    }
}

/// Looks at the keys, the indexes and the schema. A table that nobody has used yet is marked with [`SCHEMA`].
///
/// # Errors
/// What is wrong and what to do.
pub async fn check(client: &Client, name: &str) -> Result<(), TableError> {
    let table = described(client, name).await?;
    if let Some(wrong) = difference(&table) {
        return Err(TableError::Wrong(format!(
            "the table `{name}` {wrong}: make it anew by the infrastructure of this release"
        )));
    }
    check_schema(client, name).await
}

pub(super) async fn described(client: &Client, name: &str) -> Result<TableDescription, TableError> {
    let described = client.describe_table().table_name(name).send().await.map_err(|error| {
        Fault::of(&error, "dynamodb:DescribeTable", &format!("the table `{name}`"))
    })?;
    described
        .table
        .ok_or_else(|| TableError::Wrong(format!("AWS does not describe the table `{name}`")))
}

fn difference(table: &TableDescription) -> Option<String> {
    if !are_keys(table.key_schema(), PK, SK) {
        return Some(format!("has other keys than `{PK}` and `{SK}`"));
    }
    let indexes = table.global_secondary_indexes();
    INDEXES.iter().find_map(|wanted| {
        match indexes.iter().find(|index| index.index_name() == Some(wanted.name)) {
            None => Some(format!("lacks the index `{}`", wanted.name)),
            Some(index) if !are_keys(index.key_schema(), wanted.hash, wanted.range) => {
                Some(format!(
                    "has an index `{}` with other keys than `{}` and `{}`",
                    wanted.name, wanted.hash, wanted.range
                ))
            }
            Some(_) => None,
        }
    })
}

fn are_keys(schema: &[KeySchemaElement], hash: &str, range: &str) -> bool {
    schema.iter().map(KeySchemaElement::attribute_name).eq([hash, range])
}

/// The mark alone, which costs one small read and needs no right to describe tables.
pub(crate) async fn check_schema(client: &Client, name: &str) -> Result<(), TableError> {
    match marked(client, name).await? {
        Some(SCHEMA) => Ok(()),
        Some(other) => Err(TableError::Wrong(format!(
            "the table `{name}` is of schema {other}, this program needs {SCHEMA}: {}",
            if other > SCHEMA {
                "run a newer release"
            } else {
                "run the release that made it, or use a new table"
            }
        ))),
        None => mark(client, name).await,
    }
}

async fn marked(client: &Client, name: &str) -> Result<Option<u32>, TableError> {
    let got = client
        .get_item()
        .table_name(name)
        .key(PK, AttributeValue::S("meta".into()))
        .key(SK, AttributeValue::S("schema".into()))
        .consistent_read(true)
        .send()
        .await
        .map_err(|error| Fault::of(&error, "dynamodb:GetItem", &format!("the table `{name}`")))?;
    let Some(item) = got.item else {
        return Ok(None);
    };
    let number = item.get("version").and_then(|version| version.as_n().ok()?.parse().ok());
    number.map(Some).ok_or_else(|| {
        TableError::Wrong(format!(
            "the item meta/schema of the table `{name}` has no number `version`"
        ))
    })
}

/// Whoever marks it first decides; a loser has found the same mark or will see the other one.
async fn mark(client: &Client, name: &str) -> Result<(), TableError> {
    let put = client
        .put_item()
        .table_name(name)
        .item(PK, AttributeValue::S("meta".into()))
        .item(SK, AttributeValue::S("schema".into()))
        .item("version", AttributeValue::N(SCHEMA.to_string()))
        .condition_expression("attribute_not_exists(pk)")
        .send()
        .await;
    match put {
        Ok(_) => Ok(()),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(PutItemError::is_conditional_check_failed_exception) =>
        {
            match marked(client, name).await? {
                Some(SCHEMA) => Ok(()),
                other => Err(TableError::Wrong(format!(
                    "the table `{name}` was just marked with schema {other:?}, this program needs {SCHEMA}"
                ))),
            }
        }
        Err(error) => {
            Err(Fault::of(&error, "dynamodb:PutItem", &format!("the table `{name}`")).into())
        }
    }
}
