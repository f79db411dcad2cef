//! What handlers take from a request. Every refusal is a problem that names the place and the fix.

mod body;
mod path;
mod query;

pub(crate) use self::{
    body::{BODY_BYTES_MAX, Body, Json, read_body, require_media_type, utf8},
    path::{ArtifactPath, JobPath, Name},
    query::Query,
};
