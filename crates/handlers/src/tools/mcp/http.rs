//! Servers that are reached by HTTP.

use std::{collections::HashMap, sync::Arc, time::Duration};

use agent_runner_domain::job::{CauseKind, Failure};
use rmcp::{
    ServiceExt,
    transport::{
        StreamableHttpClientTransport, common::client_side_sse::FixedInterval,
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use url::Url;

use super::{
    super::{http_tool::headers, net::Net, secrets::Hidden},
    server::{Server, introduction, no_greeting},
    spec::McpSpec,
};
use crate::Context;

/// Of a message.
const BYTES_MAX: usize = 8 * 1024 * 1024;
const RECONNECTS_MAX: usize = 3;

pub(super) async fn connect(
    spec: &McpSpec,
    url: &str,
    net: &Net,
    context: &Context,
    hidden: &mut Hidden,
) -> Result<Server, Failure> {
    let unusable = |message: String| {
        let message = format!("the MCP server `{}` cannot be used: {message}", spec.mcp);
        Failure::lasting(CauseKind::InvalidPayload, message)
    };
    let parsed = Url::parse(url).map_err(|error| unusable(error.to_string()))?;
    let client = net.client(&parsed).map_err(|refused| unusable(refused.to_string()))?.clone();
    let headers = headers(&spec.headers, &spec.secret_headers, context, hidden).await?;
    let headers: HashMap<_, _> =
        headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut config = StreamableHttpClientTransportConfig::with_uri(url)
        .custom_headers(headers)
        .max_sse_event_size(BYTES_MAX);
    let mut again = FixedInterval::default();
    again.max_times = Some(RECONNECTS_MAX);
    again.duration = Duration::from_secs(1);
    config.retry_config = Arc::new(again);
    let transport = StreamableHttpClientTransport::with_client(client, config);
    let service = introduction().serve(transport).await;
    let service = service.map_err(|error| no_greeting(&spec.mcp, &error, None))?;
    Ok(Server::new(&spec.mcp, service, None))
}
