//! Plays `EventBridge`, whose rule sends the ends of tasks to a queue.

use std::{net::SocketAddr, sync::Arc};

use anyhow::ensure;
use axum::{
    body::Bytes,
    http::{Request, header},
};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};

use super::{proxy::Upstream, tally::Meter};

/// The emulator checks no signatures, and wants to know whose queue is meant.
const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0";

pub(super) struct Events {
    client: Upstream,
    emulator: SocketAddr,
    queue: String,
    /// Its messages are billed as everybody's are.
    meter: Arc<Meter>,
}

impl Events {
    pub(super) async fn open(
        client: Upstream,
        emulator: SocketAddr,
        queue: &str,
    ) -> anyhow::Result<Self> {
        let mut this = Self { client, emulator, queue: String::new(), meter: Arc::default() };
        let url = this.ask("GetQueueUrl", &json!({"QueueName": queue})).await?;
        url["QueueUrl"].as_str().unwrap_or_default().clone_into(&mut this.queue);
        Ok(this)
    }

    pub(super) fn meter(&self) -> Arc<Meter> {
        self.meter.clone()
    }

    pub(super) async fn tell(&self, task: &Value) -> anyhow::Result<()> {
        let event = json!({
            "version": "0", "source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": task,
        });
        let message = json!({"QueueUrl": self.queue, "MessageBody": event.to_string()});
        self.ask("SendMessage", &message).await?;
        self.meter.count("SQS SendMessage (by EventBridge)", 0.0);
        Ok(())
    }

    async fn ask(&self, action: &str, asked: &Value) -> anyhow::Result<Value> {
        let request = Request::post(format!("http://{}/", self.emulator))
            .header(header::CONTENT_TYPE, "application/x-amz-json-1.0")
            .header(header::AUTHORIZATION, SIGNED)
            .header("x-amz-target", format!("AmazonSQS.{action}"))
            .body(Full::new(Bytes::from(asked.to_string())))?;
        let response = self.client.request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        ensure!(status.is_success(), "{action}: {status} {}", String::from_utf8_lossy(&body));
        Ok(serde_json::from_slice(&body)?)
    }
}
