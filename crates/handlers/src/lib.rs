//! What jobs do: one folder per job type.
//!
//! The orchestrator reads the [`catalog`] to check payloads and describe its API; a worker calls [`run`]. A
//! handler sees its payload and its [`Context`], and neither who runs it nor where. To add one, make a folder
//! with a type that is a [`Handler`] and name it in the line below.

pub mod claude_chat;
pub mod claude_code;
pub mod command;
pub mod context;
pub mod echo;
mod handler;
mod model_payload;
pub mod research;
pub mod tool_agent;
mod tools;

pub use self::{
    context::{Context, Surroundings, WorkRoot},
    handler::{Handler, Stop},
};

handler::handlers! {
    echo::Echo, command::Command, claude_chat::ClaudeChat, claude_code::ClaudeCode, tool_agent::ToolAgent,
    research::Research
}
