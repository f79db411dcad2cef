//! The job's own folder.

use serde_json::json;

use super::{Play, call, calls, end, once};

const TOOLS: [&str; 3] = ["read_file", "write_file", "list_files"];

#[tokio::test]
async fn files_are_written_kept_listed_and_read() {
    let write = |id, path| call(id, "write_file", json!({"path": path, "content": "tides\n"}));
    let play = Play::of([
        calls(&[write("t1", "notes.txt"), write("t2", "./deep/er/notes.txt")]),
        calls(&[
            call("t3", "list_files", json!({})),
            call("t4", "read_file", json!({"path": "deep/er/notes.txt"})),
            call("t5", "read_file", json!({"path": "missing"})),
        ]),
        end("done"),
    ])
    .await;
    play.run(json!(TOOLS)).await.result();
    let told = play.told(3);
    assert_eq!(told[0].0, "deep/er/notes.txt (6 bytes)\nnotes.txt (6 bytes)");
    assert_eq!(told[1], ("tides\n".to_owned(), false));
    assert!(told[2].1, "{told:?}");
    assert_eq!(play.world.files.text("deep/er/notes.txt").as_deref(), Some("tides\n"));
}

#[tokio::test]
async fn nothing_outside_of_the_folder_is_touched() {
    for path in ["/etc/passwd", "../x", "a/../../x", "..", "a\\..\\x", ""] {
        let (told, is_error) = once(json!(TOOLS), "read_file", json!({"path": path})).await;
        assert!(is_error, "{path}: {told}");
        let input = json!({"path": path, "content": "x"});
        assert!(once(json!(TOOLS), "write_file", input).await.1, "{path}");
    }
}

#[tokio::test]
async fn a_later_attempt_finds_what_an_earlier_one_has_written() {
    let write = calls(&[call("t1", "write_file", json!({"path": "a/b.txt", "content": "kept"}))]);
    let read = calls(&[call("t2", "read_file", json!({"path": "a/b.txt"}))]);
    // The second attempt goes on where the first had no answer.
    let play = Play::of([
        write,
        crate::server::Reply::refusal(400, "invalid_request_error", "no"),
        read,
        end("done"),
    ])
    .await;
    play.run(json!(TOOLS)).await.failure();
    play.run(json!(TOOLS)).await.result();
    assert_eq!(play.told(4), [("kept".to_owned(), false)]);
}
