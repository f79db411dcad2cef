//! One queue, whose messages come back until they are deleted.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::response::Response;
use serde_json::{Value, json};

use super::{World, error, said};

#[derive(Default)]
pub(crate) struct Queue {
    messages: Vec<Message>,
    sent: usize,
}

struct Message {
    handle: String,
    body: String,
    held: bool,
}

impl Queue {
    pub(crate) fn send(&mut self, event: &Value) {
        self.sent += 1;
        let handle = format!("handle-{}", self.sent);
        self.messages.push(Message { handle, body: event.to_string(), held: false });
    }

    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    /// The holds of all messages have run out.
    pub(crate) fn deliver_again(&mut self) {
        self.messages.iter_mut().for_each(|message| message.held = false);
    }

    fn receive(&mut self) -> Vec<Value> {
        let free = self.messages.iter_mut().filter(|message| !message.held).take(10);
        free.map(|message| {
            message.held = true;
            json!({"MessageId": message.handle, "ReceiptHandle": message.handle, "Body": message.body})
        })
        .collect()
    }
}

pub(super) async fn answer(world: &Arc<Mutex<World>>, action: &str, asked: &Value) -> Response {
    match action {
        "GetQueueUrl" => said(
            &json!({"QueueUrl": format!("http://queue/{}", asked["QueueName"].as_str().unwrap())}),
        ),
        "ReceiveMessage" => receive(world).await,
        "DeleteMessageBatch" => {
            let done = |handle: &str| {
                let entries = asked["Entries"].as_array().unwrap();
                entries.iter().any(|entry| entry["ReceiptHandle"] == handle)
            };
            world.lock().unwrap().queue.messages.retain(|message| !done(&message.handle));
            said(&json!({"Successful": [], "Failed": []}))
        }
        _ => error(400, "UnsupportedOperation", action),
    }
}

async fn receive(world: &Mutex<World>) -> Response {
    for _ in 0..100 {
        let messages = world.lock().unwrap().queue.receive();
        if !messages.is_empty() {
            return said(&json!({"Messages": messages}));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    said(&json!({}))
}
