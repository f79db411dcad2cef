//! HTTP tools: a payload describes a call, a model fills it in.
//!
//! Fields of the input that the URL names go there, percent-encoded; the others go into the query, or into a JSON
//! body where the method has one. Redirects are told, not followed: the call may carry secrets, and whoever
//! described it said where to.

mod spec;
mod template;

use std::rc::Rc;

use std::time::Duration;

use agent_runner_domain::job::Failure;
use async_trait::async_trait;
use reqwest::{
    Method, RequestBuilder,
    header::{HeaderMap, HeaderName, HeaderValue, LOCATION},
};
use serde_json::{Map, Value};

pub(super) use self::spec::{HttpSpec, check_headers};
use self::template::UrlTemplate;
use super::{
    Answer, Call, Definition, Output, Tool,
    bound::readable,
    net::{Net, Unreachable, body},
    secrets::{Hidden, Template},
};
use crate::Context;

const BODY_BYTES_MAX: usize = 1024 * 1024;

pub(super) struct HttpTool {
    definition: Definition,
    url: UrlTemplate,
    method: Method,
    headers: HeaderMap,
    timeout: Option<Duration>,
    is_repeatable: bool,
    net: Rc<Net>,
}

impl HttpTool {
    /// After [`HttpSpec::check`].
    ///
    /// # Errors
    /// When a secret is missing or cannot be sent.
    pub(super) async fn new(
        spec: &HttpSpec,
        net: Rc<Net>,
        context: &Context,
        hidden: &mut Hidden,
    ) -> Result<Self, Failure> {
        let definition = Definition {
            name: spec.name.clone(),
            description: spec.description.clone(),
            input_schema: spec.input_schema.clone(),
        };
        Ok(Self {
            definition,
            url: UrlTemplate::parse(&spec.url).map_err(spec::was_checked)?,
            method: spec.method.into(),
            headers: headers(&spec.headers, &spec.secret_headers, context, hidden).await?,
            timeout: spec.timeout_seconds.map(|seconds| Duration::from_secs(seconds.into())),
            is_repeatable: spec.is_repeatable(),
            net,
        })
    }

    fn request(&self, input: &Map<String, Value>) -> Result<RequestBuilder, Unreachable> {
        let (mut url, rest) = self.url.fill(input).map_err(Unreachable)?;
        let has_body = !matches!(self.method, Method::GET | Method::DELETE);
        if !has_body && !rest.is_empty() {
            let mut query = url.query_pairs_mut();
            for (name, value) in &rest {
                query.append_pair(name, &template::plain(value));
            }
        }
        let client = self.net.client(&url)?;
        let mut request = client.request(self.method.clone(), url).headers(self.headers.clone());
        if has_body {
            let json = Value::Object(rest).to_string();
            request = request.header("content-type", "application/json").body(json);
        }
        Ok(match self.timeout {
            Some(timeout) => request.timeout(timeout),
            None => request,
        })
    }

    async fn ask(&self, input: &Map<String, Value>) -> Result<Output, Unreachable> {
        let response = self.net.send(self.request(input)?).await?;
        let (status, address) = (response.status(), response.url().to_string());
        if status.is_redirection() {
            let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            let message = format!(
                "HTTP {status}: the server redirects to {}, which is not followed",
                to.unwrap_or("nowhere")
            );
            return Err(Unreachable(message));
        }
        let body = body(response, BODY_BYTES_MAX).await?;
        let mut content = readable(&body.bytes, body.media_type.as_deref());
        if body.is_cut {
            content.push_str("\n[there is more than that]");
        }
        if status.is_success() {
            return Ok(Output { sources: vec![address], ..Output::said(content) });
        }
        Ok(Output::error(format!("HTTP {status}\n{content}")))
    }
}

#[async_trait(?Send)]
impl Tool for HttpTool {
    fn definition(&self) -> &Definition {
        &self.definition
    }

    fn is_repeatable(&self) -> bool {
        self.is_repeatable
    }

    async fn call(&self, call: Call<'_>) -> Result<Answer, Failure> {
        let none = Map::new();
        let asked = self.ask(call.input.as_object().unwrap_or(&none)).await;
        Ok(asked.unwrap_or_else(|error| Output::error(error.to_string())).into())
    }
}

/// Of a call to the network: those that may be read, and those with secrets in them.
pub(super) async fn headers(
    plain: &std::collections::BTreeMap<String, String>,
    secret: &std::collections::BTreeMap<String, String>,
    context: &Context,
    hidden: &mut Hidden,
) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for (name, value) in plain {
        let (name, value) = spec::header(name, value).map_err(spec::was_checked)?;
        headers.insert(name, value);
    }
    for (name, template) in secret {
        let filled = Template::parse(template).map_err(spec::was_checked)?;
        let value = filled.fill(context, hidden).await?;
        let (name, mut value) = sendable(name, &value)?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

fn sendable(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Failure> {
    spec::header(name, value).map_err(|_| {
        let message =
            format!("the secret for the header `{name}` has characters that cannot be sent");
        Failure::lasting(agent_runner_domain::job::CauseKind::InvalidPayload, message)
    })
}
