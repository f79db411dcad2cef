//! Schemas of the domain's types, which know nothing of OpenAPI.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        KnownFormat, ObjectBuilder, OneOfBuilder, RefOr, Schema, SchemaFormat,
        schema::{SchemaType, Type},
    },
};

/// Defines a text with a name, a pattern or a format.
macro_rules! text_schemas {
    ($($(#[$doc:meta])* $name:ident = $build:expr, $example:expr;)*) => {$(
        $(#[$doc])*
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let builder = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
                let build: fn(ObjectBuilder) -> ObjectBuilder = $build;
                build(builder).examples([serde_json::json!($example)]).into()
            }
        }

        impl ToSchema for $name {}
    )*};
}

text_schemas! {
    JobId = |schema| schema
        .pattern(Some("^job_[0-7][0-9A-HJKMNP-TV-Z]{25}$"))
        .description(Some("A job's name for ever; sorts by the time of its submission.")),
        "job_01JD3XN5Q7Z8Y9W0V1T2S3R4P5";
    Timestamp = |schema| schema
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .description(Some("An RFC 3339 time.")),
        "2026-01-31T12:00:00Z";
    Status = |schema| schema
        .enum_values(Some(["BLOCKED", "QUEUED", "LAUNCHING", "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "CANCELLED"]))
        .description(Some("Where a job is in its life; the last four are final.")),
        "RUNNING";
    CauseKind = |schema| schema
        .enum_values(Some([
            "handler_error", "invalid_payload", "timeout", "out_of_memory", "worker_lost", "launch_failed",
            "interrupted", "budget_exceeded", "dependency_failed", "provider_error", "cancelled",
        ]))
        .description(Some("Why something ended without success; programs may branch on it.")),
        "timeout";
    PaidBy = |schema| schema
        .enum_values(Some(["user", "infrastructure"]))
        .description(Some("Whose bound of attempts a failure counts against.")),
        "user";
    Architecture = |schema| schema
        .enum_values(Some(["arm64", "x86_64"]))
        .description(Some("Of the worker's machine; the platform's usual one when left out.")),
        "arm64";
    Day = |schema| schema
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
        .description(Some("A day, in UTC.")),
        "2026-01-31";
    CostGroup = |schema| schema
        .enum_values(Some(["day", "job_type", "model", "tag", "tenant"]))
        .description(Some("What makes a group of model calls.")),
        "model";
    StepStatus = |schema| schema
        .enum_values(Some(["begun", "done", "resumed", "failed"]))
        .description(Some("How far a step is; `resumed`: an earlier attempt had done it, and its outcome is used.")),
        "done";
    Stream = |schema| schema
        .enum_values(Some(["stdout", "stderr", "worker"]))
        .description(Some("Where a log line came from.")),
        "stdout";
}

/// Any JSON at all: payloads and results are the handlers' own.
pub struct AnyJson;

impl PartialSchema for AnyJson {
    fn schema() -> RefOr<Schema> {
        let any = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
        any.description(Some("Any JSON value.")).into()
    }
}

impl ToSchema for AnyJson {}

/// Virtual processors.
pub struct Cpu;

impl PartialSchema for Cpu {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(SchemaType::new(Type::Number));
        let sizes = number.enum_values(Some([0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0]));
        sizes.description(Some("Virtual processors.")).into()
    }
}

impl ToSchema for Cpu {}

/// A level or its name.
pub struct Priority;

impl PartialSchema for Priority {
    fn schema() -> RefOr<Schema> {
        let level = ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::Integer))
            .minimum(Some(1))
            .maximum(Some(10));
        let name = ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::String))
            .enum_values(Some(["low", "normal", "high"]));
        let either = OneOfBuilder::new().item(level).item(name);
        either.description(Some("1 (last) to 10 (first), or low (2), normal (5), high (8).")).into()
    }
}

impl ToSchema for Priority {}
