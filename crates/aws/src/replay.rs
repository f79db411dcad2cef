//! AWS as a list of answers, for tests that need bodies which no emulator sends.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
            http_client_fn,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;

#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    /// 0: the connection breaks instead.
    pub(crate) status: u16,
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) body: &'static str,
}

/// Says its answers one after another, the last one for ever. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Replay {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Replay {
    pub(crate) fn new(answers: impl IntoIterator<Item = (u16, &'static str)>) -> Self {
        let answer = |(status, body)| Answer { status, body, ..Answer::default() };
        answers.into_iter().map(answer).collect::<Vec<_>>().into()
    }

    /// The bodies of all calls so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Without retries, so that each call is one answer.
    pub(crate) fn config(&self) -> SdkConfig {
        let known = Credentials::new("AKIDEXAMPLE", "key", None, None, "test");
        let known = SharedCredentialsProvider::new(known);
        self.anonymous().into_builder().credentials_provider(known).build()
    }

    pub(crate) fn anonymous(&self) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .retry_config(RetryConfig::disabled())
            .http_client(self.client())
            .build()
    }

    fn client(&self) -> SharedHttpClient {
        let own = self.clone();
        http_client_fn(move |_, _| SharedHttpConnector::new(own.clone()))
    }

    fn next(&self) -> Answer {
        let mut answers = self.answers.lock().unwrap();
        let next = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        next.unwrap_or_default()
    }
}

impl From<Vec<Answer>> for Replay {
    fn from(answers: Vec<Answer>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into())), ..Self::default() }
    }
}

impl HttpConnector for Replay {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        self.asked.lock().unwrap().push(String::from_utf8_lossy(body).into_owned());
        let Answer { status, headers, body } = self.next();
        let Ok(status) = StatusCode::try_from(status) else {
            return HttpConnectorFuture::ready(Err(ConnectorError::io("connection reset".into())));
        };
        let mut answer = HttpResponse::new(status, SdkBody::from(body));
        for (name, value) in headers {
            answer.headers_mut().insert(*name, *value);
        }
        HttpConnectorFuture::ready(Ok(answer))
    }
}
