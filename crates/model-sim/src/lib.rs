//! A stand-in for Anthropic and OpenAI, for tests, demonstrations without a key, and load.
//!
//! It speaks both wire formats, whole and streamed, refuses malformed requests as the real ones do,
//! fails on demand, and counts every call, so that a test can see that nothing was paid twice. What
//! it answers is scripted, or follows simple rules. It is no model: nothing it says is true.
//!
//! **Faults** come from `POST /control/faults`, from the header `x-sim-fault`, or from the name of the
//! model: `claude-sonnet-5-5+status=529+times=2`. The words are those of [`Fault`].
//!
//! **Control**, all JSON: `GET` and `DELETE /control/calls`, `GET /control/requests`,
//! `POST /control/faults` (a [`Fault`]), `POST /control/answers` (a [`Scripted`] answer),
//! `POST /control/pace` (`{"ms": 5}`).

mod answer;
mod anthropic;
mod ask;
mod cache;
mod control;
mod demo;
mod fault;
mod models;
mod openai;
mod rules;
mod sample;
mod server;
mod stream;
mod tokens;
mod world;

pub use answer::{Answer, ToolCall};
pub use fault::Fault;
pub use server::{Simulator, router};
pub use world::{Scripted, World};
