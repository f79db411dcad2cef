//! The clients against a server on this machine that says exactly what a test tells it to.

mod anthropic;
mod openai;
mod resilience;
mod script;
mod streams;
