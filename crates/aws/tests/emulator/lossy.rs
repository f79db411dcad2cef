//! A way to the emulator on which replies get lost after the call took effect.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use agent_runner_aws::clients;
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
        http_client_fn,
    },
    orchestrator::HttpRequest,
    result::ConnectorError,
};

/// Loses every `nth` reply, the first one among them.
pub(crate) fn losing_every(nth: usize) -> SharedHttpClient {
    let (whole, calls) = (clients::http(), Arc::new(AtomicUsize::new(0)));
    http_client_fn(move |settings, components| {
        let inner = whole.http_connector(settings, components);
        SharedHttpConnector::new(Lossy { inner, nth, calls: calls.clone() })
    })
}

#[derive(Debug)]
struct Lossy {
    inner: SharedHttpConnector,
    nth: usize,
    calls: Arc<AtomicUsize>,
}

impl HttpConnector for Lossy {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let lost = self.calls.fetch_add(1, Ordering::Relaxed).is_multiple_of(self.nth);
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            if lost { Err(ConnectorError::io("the reply got lost".into())) } else { Ok(answer) }
        })
    }
}
