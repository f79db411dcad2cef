//! Tools of MCP servers: programs that speak over their standard streams, or servers that speak HTTP.
//!
//! A server is somebody else's program. It may hang, die, say nonsense or never stop talking; so every call has its
//! time, every message its size, and what went wrong is said with what the server itself had to say. A tool's name
//! for the model is `<server>_<tool>`, whatever other tools there are, so that it is the same in every attempt.

mod content;
mod http;
mod server;
mod spec;
mod stdio;
mod tool;

pub(super) use self::{server::Server, spec::McpSpec, tool::McpTool};
