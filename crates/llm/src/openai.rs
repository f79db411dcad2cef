//! OpenAI's chat API, and the many servers that speak it.

mod body;
mod carried;
mod decode;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use serde::de::DeserializeOwned;

use crate::error::{Error, answer};
use crate::model::{EventStream, Model, ModelInfo};
use crate::request::Request;
use crate::response::Response;
use crate::streaming::{self, Decoder};
use crate::transport::{Answer, Auth, Call, Options, Transport, content_type, request_id};

pub(crate) use self::carried::CARRIED;

/// Where the servers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// OpenAI's own: `max_completion_tokens`.
    OpenAi,
    /// What the others have kept from before: `max_tokens`.
    Compatible,
}

/// A client of the chat API.
#[derive(Clone, Debug)]
pub struct OpenAi {
    name: String,
    dialect: Dialect,
    transport: Arc<Transport>,
}

impl OpenAi {
    pub const BASE: &str = "https://api.openai.com/v1";

    /// `name` is what the price table calls this provider. `base` ends with its version, if it has
    /// one: `http://localhost:11434/v1`.
    ///
    /// # Errors
    /// If the address, the key or a header cannot be used.
    pub fn new(
        name: &str,
        base: &str,
        dialect: Dialect,
        auth: Auth,
        options: Options,
    ) -> Result<Self, Error> {
        let transport = Arc::new(Transport::new(base, auth, options)?);
        Ok(Self { name: name.into(), dialect, transport })
    }

    fn call(&self, request: &Request, stream: bool) -> Result<Call, Error> {
        request.check()?;
        Ok(Call::post("chat/completions", body::chat(request, self.dialect, stream)?))
    }
}

#[async_trait]
impl Model for OpenAi {
    fn provider(&self) -> &str {
        &self.name
    }

    async fn stream(&self, request: &Request) -> Result<EventStream, Error> {
        let call = self.call(request, true)?;
        Ok(streaming::start(self.transport.clone(), call, |request_id| {
            Box::new(decode::Decode::new(request_id)) as Box<dyn Decoder>
        }))
    }

    async fn complete(&self, request: &Request) -> Result<Response, Error> {
        let answer = self.transport.whole(&self.call(request, false)?).await?;
        let completion: wire::Completion = parse(&answer)?;
        completion.into_response(request_id(&answer.headers)).ok_or_else(|| {
            answer::not_the_api(content_type(&answer.headers), &answer.body, "no choices in it")
        })
    }

    async fn count_tokens(&self, _: &Request) -> Result<Option<u64>, Error> {
        Ok(None)
    }

    async fn models(&self) -> Result<Vec<ModelInfo>, Error> {
        let models: wire::Models = parse(&self.transport.whole(&Call::get("models")).await?)?;
        Ok(models.data.into_iter().map(ModelInfo::from).collect())
    }
}

fn parse<T: DeserializeOwned>(answer: &Answer) -> Result<T, Error> {
    serde_json::from_slice(&answer.body).map_err(|problem| Error {
        request_id: request_id(&answer.headers),
        ..answer::not_the_api(content_type(&answer.headers), &answer.body, &problem.to_string())
    })
}
