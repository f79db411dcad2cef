//! Bytes that no HTTP library would send.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UnixStream},
};

use crate::{get, server};

/// What is answered to these bytes: the head, or nothing.
async fn raw(url: &str, request: &[u8]) -> String {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    let mut part = [0; 1024];
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => break,
            Ok(read) => answer.extend_from_slice(&part[..read]),
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn nonsense_on_the_wire_is_refused_and_harms_nobody() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path()).await;
    let cases: [(&[u8], &str); 7] = [
        (b"\x16\x03\x01\x00\xa5\r\n\r\n", "HTTP/1.1 400"),
        (b"HELLO\r\n\r\n", "HTTP/1.1 400"),
        (b"GET /jobs HTTP/1.1\r\n\r\n", "HTTP/1.1 403"),
        (b"GET /jobs HTTP/1.1\r\nhost: \xff\r\n\r\n", "HTTP/1.1 400"),
        (b"GET /jobs HTTP/1.1\r\nhost: localhost\r\nhost: evil\r\n\r\n", "HTTP/1.1 403"),
        (b"GET http://evil/jobs HTTP/1.1\r\nhost: localhost\r\n\r\n", "HTTP/1.1 403"),
        (
            b"GET /jobs HTTP/1.1\r\nhost: localhost\r\nlast-event-id: \xc3\x28\r\n\r\n",
            "HTTP/1.1 200",
        ),
    ];
    for (request, expected) in cases {
        let answer = raw(server.url(), request).await;
        assert!(answer.starts_with(expected), "{:?}: {answer}", String::from_utf8_lossy(request));
    }
    assert_eq!(get(&server, "/jobs").await["jobs"].as_array().unwrap().len(), 0);
    server.stop().await;
}

#[tokio::test]
async fn who_sends_far_too_much_reads_what_is_wrong() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path()).await;
    let length = 20 * 1024 * 1024;
    let mut request = format!(
        "POST /jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
    .into_bytes();
    request.resize(request.len() + length, b' ');
    let answer = raw(server.url(), &request).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn workers_are_served_at_a_socket_of_the_data_folder() {
    use std::os::unix::fs::PermissionsExt;
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path()).await;
    let path = data.path().join("worker.sock");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let mut stream = UnixStream::connect(&path).await.unwrap();
    let request =
        b"POST /worker/v1/heartbeat HTTP/1.1\r\nhost: worker\r\ncontent-length: 2\r\n\r\n{}";
    stream.write_all(request).await.unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 400");
    server.stop().await;
    assert!(!path.exists());
}
