//! The wire contract of the HTTP API: what clients send, what they are shown, and how they are told what is wrong.
//!
//! Both ends use it and it belongs to neither. Views are made from the domain's values and are never the stored
//! structs, so that storage may change without the API noticing. Requests are checked here as far as that needs
//! nothing but the request, and every fault is named with its place, not only the first.

pub mod cost;
pub mod cursor;
pub mod event;
mod fields;
pub mod job;
pub mod link;
pub mod problem;
mod resources;
pub mod schema;
pub mod submit;
mod submit_fields;
pub mod views;
pub mod worker;

pub use self::{
    cost::{BudgetList, BudgetView, CostReport, CostRowView, CostView, SetBudget, TokensView},
    cursor::{Cursor, CursorError},
    event::{EventDetail, EventPage, EventView, StreamEnd},
    fields::{Fault, Unreadable},
    job::{
        ArtifactList, ArtifactView, AttemptList, AttemptStatus, AttemptView, CauseView,
        EvidenceView, JobPage, JobView, Links,
    },
    problem::{Problem, ProblemCode},
    resources::ResourcesView,
    submit::{BackoffRequest, ChangePriority, Dependency, Form, Rules, SubmitJob},
    submit_fields::is_label,
    views::{
        BulkAnswer, BulkLine, ExplanationView, Health, JobTypeList, JobTypeView, ProviderList,
        ProviderView,
    },
};
