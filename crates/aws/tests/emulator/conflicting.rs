//! DynamoDB as it is when many write the same items: transactions that meet cancel each other, which the emulator's
//! never do.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use agent_runner_aws::clients;
use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
            http_client_fn,
        },
        orchestrator::{HttpRequest, HttpResponse},
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;

/// About what a transaction of a few items takes there.
const TRANSACTION: Duration = Duration::from_millis(10);
const CANCELLED: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
    "Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict]",
    "CancellationReasons":[{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"}]}"#;

/// A way to the emulator on which all transactions are about the same item.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conflicting {
    under_way: Arc<AtomicBool>,
    cancelled: Arc<AtomicUsize>,
}

impl Conflicting {
    pub(crate) fn client(&self) -> SharedHttpClient {
        let (whole, own) = (clients::http(), self.clone());
        http_client_fn(move |settings, components| {
            let inner = whole.http_connector(settings, components);
            SharedHttpConnector::new(Way { inner, shared: own.clone() })
        })
    }

    pub(crate) fn cancelled(&self) -> usize {
        self.cancelled.load(Ordering::Relaxed)
    }
}

#[derive(Debug)]
struct Way {
    inner: SharedHttpConnector,
    shared: Conflicting,
}

impl HttpConnector for Way {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        if !target.ends_with("TransactWriteItems") {
            return self.inner.call(request);
        }
        if self.shared.under_way.swap(true, Ordering::SeqCst) {
            self.shared.cancelled.fetch_add(1, Ordering::Relaxed);
            let status = StatusCode::try_from(400).unwrap();
            return HttpConnectorFuture::ready(Ok(HttpResponse::new(
                status,
                SdkBody::from(CANCELLED),
            )));
        }
        let (answer, shared) = (self.inner.call(request), self.shared.clone());
        HttpConnectorFuture::new(async move {
            tokio::time::sleep(TRANSACTION).await;
            let answer = answer.await;
            shared.under_way.store(false, Ordering::SeqCst);
            answer
        })
    }
}
