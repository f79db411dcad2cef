//! Errors are part of the interface: they name what is wrong and what would be right.

use crate::world::World;

#[test]
fn payloads_that_are_wrong_are_refused_before_anything_runs() {
    let world = World::new();
    let cases: [(&[&str], i32, &[&str]); 8] = [
        (&["echo", r#"{"message": hello}"#], 2, &["line 1 column 13", "^", "fix: "]),
        (&["echo", "hello"], 2, &["key=value"]),
        (&["echo", "a=1", "b"], 2, &["\"b\"", "key=value"]),
        (&["echo", "n:=oops"], 2, &["n:=oops", "not valid JSON"]),
        (&["echo", "@/no/such/file"], 2, &["/no/such/file"]),
        (&["echo", r#"{"message":1,"extra":2}"#], 6, &["/payload/message", "extra"]),
        (&["ecco", "message=x"], 5, &["/job_type", "ecco", "echo"]),
        (
            &["echo", "message=x", "--callback-url", "http://127.0.0.1/"],
            6,
            &["/callback_url", "private"],
        ),
    ];
    for (words, code, said) in cases {
        let ended = world.run(&[&["run"], words].concat()).with_code(code).saying(said);
        assert_eq!(ended.out, "", "{words:?}");
    }
    let listed = world.run(&["list"]).succeeded();
    assert_eq!((listed.out.as_str(), listed.err.trim()), ("", "no jobs"));
}

#[test]
fn options_that_are_wrong_are_refused_with_what_would_be_right() {
    let world = World::new();
    let cases: [(&[&str], &[&str]); 8] = [
        (&["run", "echo", "--priority", "11"], &["1 (last) to 10 (first)"]),
        (&["run", "echo", "--timeout", "soon"], &["30s"]),
        (&["run", "echo", "--at", "noon"], &["2030-01-31T12:00:00Z"]),
        (&["run", "echo", "--tag", "red"], &["KEY=VALUE"]),
        (
            &["run", "echo", "--delay", "1s", "--at", "2030-01-31T12:00:00Z"],
            &["cannot be used with"],
        ),
        (&["get", "job_1"], &["26 characters"]),
        (&["list", "--status", "done"], &["SUCCEEDED"]),
        (&["watch"], &["either job ids or a filter"]),
    ];
    for (words, said) in cases {
        world.run(words).with_code(2).saying(said);
    }
}

#[test]
fn what_does_not_exist_has_a_code_of_its_own() {
    let world = World::new();
    let id = "job_01JD3XN5Q7Z8Y9W0V1T2S3R4P5";
    for command in ["get", "explain", "logs", "artifacts", "cancel", "retry", "watch"] {
        world.run(&[command, id]).with_code(5).saying(&[id]);
    }
    world.run(&["job-types", "ecco"]).with_code(5).saying(&["echo"]);
}

#[test]
fn a_server_that_does_not_answer_is_named_with_the_way_to_start_one() {
    let world = World::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    let ended = world.run(&["--server", &url, "list"]).with_code(7);
    ended.saying(&[&url, "refused", "agent-runner serve"]);
    world.run(&["--server", "localhost:8000", "list"]).with_code(2).saying(&["http://"]);
}

#[test]
fn a_data_folder_that_cannot_be_used_is_named() {
    let world = World::new();
    let file = world.path("file");
    std::fs::write(&file, "").unwrap();
    let file = file.display().to_string();
    world.run(&["--data", &file, "list"]).with_code(8).saying(&[&file]);
    let doctor = world.run(&["--data", &file, "doctor", "--listen", "127.0.0.1:0"]).with_code(1);
    assert!(doctor.out.contains("fail  data folder"), "{}", doctor.out);
}
