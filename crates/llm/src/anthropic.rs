//! Anthropic's Messages API, and servers that speak it.

mod body;
mod decode;
mod wire;

use std::collections::VecDeque;
use std::sync::Arc;

use async_trait::async_trait;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, answer};
use crate::model::{EventStream, Model, ModelInfo};
use crate::request::Request;
use crate::response::Response;
use crate::streaming::{self, Decoder};
use crate::transport::{Answer, Auth, Call, Options, Transport, content_type, request_id};

/// The newest version refuses `temperature` and `top_p`; who wants them asks by the older one.
const VERSION: &str = "2026-10-21";
const VERSION_WITH_SAMPLING: &str = "2023-06-01";
const VERSION_HEADER: &str = "anthropic-version";

/// More pages of models than this are a server that goes in circles.
const MODEL_PAGES_MAX: usize = 50;

/// A client of the Messages API.
#[derive(Clone, Debug)]
pub struct Anthropic {
    name: String,
    transport: Arc<Transport>,
}

impl Anthropic {
    pub const BASE: &str = "https://api.anthropic.com";

    /// `name` is what the price table calls this provider. `base` has no `/v1`.
    ///
    /// # Errors
    /// If the address, the key or a header cannot be used.
    pub fn new(name: &str, base: &str, auth: Auth, options: Options) -> Result<Self, Error> {
        Ok(Self { name: name.into(), transport: Arc::new(Transport::new(base, auth, options)?) })
    }

    fn post(path: &str, request: &Request, body: Vec<u8>) -> Call {
        let samples = request.temperature.is_some() || request.top_p.is_some();
        let version = if samples { VERSION_WITH_SAMPLING } else { VERSION };
        Call::post(path, body).header(VERSION_HEADER, version)
    }

    async fn models_after(&self, last: Option<&str>) -> Result<wire::Models, Error> {
        let call = Call::get(&models_path(last)).header(VERSION_HEADER, VERSION);
        parse(&self.transport.whole(&call).await?)
    }
}

#[async_trait]
impl Model for Anthropic {
    fn provider(&self) -> &str {
        &self.name
    }

    async fn stream(&self, request: &Request) -> Result<EventStream, Error> {
        request.check()?;
        let call = Self::post("v1/messages", request, body::message(request, true));
        Ok(streaming::start(self.transport.clone(), call, |request_id| {
            Box::new(decode::Decode::new(request_id)) as Box<dyn Decoder>
        }))
    }

    async fn complete(&self, request: &Request) -> Result<Response, Error> {
        request.check()?;
        let call = Self::post("v1/messages", request, body::message(request, false));
        let answer = self.transport.whole(&call).await?;
        let message: wire::Message = parse(&answer)?;
        Ok(message.into_response(request_id(&answer.headers)))
    }

    async fn count_tokens(&self, request: &Request) -> Result<Option<u64>, Error> {
        request.check()?;
        let call = Self::post("v1/messages/count_tokens", request, body::count(request));
        let count: wire::Count = parse(&self.transport.whole(&call).await?)?;
        Ok(Some(count.input_tokens))
    }

    async fn models(&self) -> Result<Vec<ModelInfo>, Error> {
        let mut found = Vec::new();
        let mut last: Option<String> = None;
        for _ in 0..MODEL_PAGES_MAX {
            let page = self.models_after(last.as_deref()).await?;
            found.extend(page.data.into_iter().map(ModelInfo::from));
            match page.last_id.filter(|id| page.has_more && last.as_ref() != Some(id)) {
                Some(id) => last = Some(id),
                None => return Ok(found),
            }
        }
        Err(Error::new(ErrorKind::Protocol, "the list of models does not end"))
    }
}

fn models_path(last: Option<&str>) -> String {
    let path = "v1/models?limit=1000".to_owned();
    let mut query = url::form_urlencoded::Serializer::for_suffix(path, "v1/models?".len());
    if let Some(last) = last {
        query.append_pair("after_id", last);
    }
    query.finish()
}

fn parse<T: DeserializeOwned>(answer: &Answer) -> Result<T, Error> {
    serde_json::from_slice(&answer.body).map_err(|problem| Error {
        request_id: request_id(&answer.headers),
        ..answer::not_the_api(content_type(&answer.headers), &answer.body, &problem.to_string())
    })
}

/// What a decoder puts events into.
type Events = VecDeque<crate::model::Event>;
