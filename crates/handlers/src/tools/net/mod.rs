//! Where tools may connect to, and how much they take from there.
//!
//! A URL comes from a model or from a page that it read. So names are looked up here, private addresses are left
//! out, and the connection goes to what is left: a name that answers differently the second time gains nothing.
//! Redirects are never followed by the client itself; whoever follows one checks the next URL as the first.

mod client;
mod read;

pub(super) use self::{
    client::{Net, Unreachable},
    read::{Body, body},
};
