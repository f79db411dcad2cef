//! AWS is away for a while: all of it, or one service.

mod fargate;
mod services;
mod starting;

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use agent_runner_client::api::{ApiError, Client};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

use crate::{PATIENCE, installation::Installation, result, running, submit};

/// A way to the emulator that can be cut.
struct Way {
    url: String,
    cut: Arc<AtomicBool>,
}

impl Way {
    async fn to(emulator: &str) -> Self {
        let there = emulator.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let cut = Arc::new(AtomicBool::new(false));
        let is_cut = cut.clone();
        tokio::spawn(async move {
            while let Ok((mut here, _)) = listener.accept().await {
                let (is_cut, there) = (is_cut.clone(), there.clone());
                tokio::spawn(async move {
                    let open = async {
                        let mut there = TcpStream::connect(there).await?;
                        copy_bidirectional(&mut here, &mut there).await
                    };
                    tokio::select! {
                        _ = open => {}
                        () = until(&is_cut) => {}
                    }
                });
            }
        });
        Self { url, cut }
    }
}

async fn until(cut: &AtomicBool) {
    while !cut.load(Ordering::Relaxed) {
        sleep(Duration::from_millis(20)).await;
    }
}

/// What a submission hears that cannot be kept: to come again, and when.
async fn refused(client: &Client, job: &Value) {
    let address = client.url().trim_start_matches("http://").trim_end_matches('/');
    let body = job.to_string();
    let request = format!(
        "POST /jobs HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.to_lowercase().contains("\r\nretry-after: "), "{answer}");
}

async fn wait_until_ready(client: &Client) {
    let ready = async {
        while client.ready().await.is_err() {
            sleep(Duration::from_millis(200)).await;
        }
    };
    timeout(PATIENCE, ready).await.expect("it is ready again");
}

/// On threads of their own, because the start of an orchestrator is waited for on one.
#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_told_and_work_goes_on_by_itself_afterwards() {
    let installation = Installation::new().await;
    let way = Way::to(installation.endpoint()).await;
    let orchestrator = installation.orchestrator_with(&[("AWS_ENDPOINT_URL", way.url.as_str())]);
    let client = &orchestrator.client;
    let job = json!({"job_type": "echo", "payload": {"message": "hi", "delay_ms": 3_000}});
    let id = submit(client, &job).await;
    running(client, id).await;

    way.cut.store(true, Ordering::Relaxed);
    sleep(Duration::from_secs(1)).await;
    let began = tokio::time::Instant::now();
    let problem = client.ready().await.unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert!(problem.to_string().contains("the job store"), "{problem}");
    refused(client, &job).await;
    let bulk = client.submit_bulk(format!("{job}\n"), None).await;
    let line = bulk.map(|answer| answer.lines[0].status);
    assert!(matches!(line, Ok(503) | Err(ApiError::Problem(_))), "{line:?}");

    way.cut.store(false, Ordering::Relaxed);
    wait_until_ready(client).await;
    assert_eq!(result(client, id).await["echoed_message"], "hi");
}
