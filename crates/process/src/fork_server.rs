//! Starting many processes of one program without loading it each time.
//!
//! A fork server is a program that has loaded and prepared itself, and then copies itself whenever it is asked:
//! a copy costs a fraction of an exec. It is asked over a socket and tells over the same how its copies end,
//! because only a parent can know. It must never have had a second thread.

mod frame;
mod serve;

pub use self::{
    frame::{News, REQUEST_BYTES, request},
    serve::{Role, serve},
};
