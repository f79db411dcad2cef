//! The table of an installation, and what is said of a wrong one.

use agent_runner_aws::table::{self, PK, SK};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};

use crate::site::Site;

#[tokio::test]
async fn a_table_is_made_once_and_found_again() {
    let site = Site::new();
    let name = site.make_table().await;
    table::create(&site.dynamodb(), &name).await.unwrap();
    table::check(&site.dynamodb(), &name).await.unwrap();
}

#[tokio::test]
async fn a_missing_table_is_named() {
    let site = Site::new();
    let error = table::check(&site.dynamodb(), &site.names.table()).await.unwrap_err().to_string();
    let expected =
        format!("the table `{}` does not exist in this account and region", site.names.table());
    assert!(error.starts_with(&expected), "{error}");
}

#[tokio::test]
async fn a_table_of_another_schema_is_refused() {
    let site = Site::new();
    let name = site.make_table().await;
    let put = site.dynamodb().put_item().table_name(&name);
    put.item(PK, AttributeValue::S("meta".into()))
        .item(SK, AttributeValue::S("schema".into()))
        .item("version", AttributeValue::N("7".into()))
        .send()
        .await
        .unwrap();
    let error = table::check(&site.dynamodb(), &name).await.unwrap_err().to_string();
    let expected = format!(
        "the table `{name}` is of schema 7, this program needs {}: run a newer release",
        table::SCHEMA
    );
    assert_eq!(error, expected);
}

#[tokio::test]
async fn a_table_without_its_indexes_is_refused() {
    let site = Site::new();
    let (client, name) = (site.dynamodb(), site.names.table());
    let mut making =
        client.create_table().table_name(&name).billing_mode(BillingMode::PayPerRequest);
    for (key, kind) in [(PK, KeyType::Hash), (SK, KeyType::Range)] {
        let defined = AttributeDefinition::builder()
            .attribute_name(key)
            .attribute_type(ScalarAttributeType::S)
            .build();
        let part = KeySchemaElement::builder().attribute_name(key).key_type(kind).build();
        making = making.attribute_definitions(defined.unwrap()).key_schema(part.unwrap());
    }
    making.send().await.unwrap();
    let error = table::create(&client, &name).await.unwrap_err().to_string();
    assert!(error.contains("lacks the index `wake`"), "{error}");
}
