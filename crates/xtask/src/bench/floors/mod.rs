//! The least that anybody would have to do.

pub(super) mod http;
pub(super) mod processes;
pub(super) mod sqlite;
