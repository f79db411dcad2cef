//! Asks language models, whoever serves them.
//!
//! Two clients stand behind one trait, [`Model`]: [`Anthropic`] for the Messages API, and [`OpenAi`]
//! for everything that speaks OpenAI's chat API. A call is a [`Request`]; the answer is a
//! [`Response`], or an [`EventStream`] that ends in one.
//!
//! Three layers, each ignorant of the next: `transport` (HTTP, time limits, retries), the wire types
//! of each provider, and their streams made into one kind of [`Event`].
//!
//! This crate knows nothing of jobs, reads no environment, and decides nothing about money: it
//! says what a call used, and [`Prices`] what that costs.

mod anthropic;
mod block;
mod error;
mod key;
mod model;
mod open_enum;
mod openai;
mod prices;
mod provider;
mod request;
mod response;
mod sse;
mod streaming;
mod transport;

pub use anthropic::Anthropic;
pub use block::{Block, BlockView, ToolUse};
pub use error::{Advice, Error, ErrorKind, Spent};
pub use key::Key;
pub use model::{Event, EventStream, Model, ModelInfo};
pub use openai::{Dialect, OpenAi};
pub use prices::{Cost, Prices, PricesError};
pub use provider::{Provider, ProviderError};
pub use request::{CacheFor, Effort, Message, Request, Role, Tool, ToolChoice};
pub use response::{Response, ServiceTier, StopReason, Usage};
pub use transport::{Auth, Options, RetryPolicy, TimeLimits};
