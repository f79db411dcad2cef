//! The state machine from outside: what holds for every job, whatever happens to it in whatever order.

mod happenings;
mod lifecycle;
mod properties;
