//! Programs, good and bad.

use std::time::{Duration, Instant};

use agent_runner_domain::{
    JobId, RawJson,
    event::LogStream,
    job::{CauseKind, RetryAdvice},
    ports::Launcher,
};
use agent_runner_local::launcher::ProcessLauncher;
use agent_runner_process::{Mark, kill_all, marked};
use serde_json::{Value, json};

use crate::{
    gateway::{Gateway, Script},
    launcher::{config, the_end},
    process::Worker,
};

fn command(payload: Value) -> Script {
    Script::of("command", payload)
}

fn shell(script: &str) -> Script {
    command(json!({"program": "sh", "args": ["-c", script]}))
}

/// Runs it to its end with a worker that reports.
async fn run(script: Script) -> Gateway {
    let gateway = Gateway::start(script);
    assert_eq!(Worker::start(&gateway).code().await, Some(0));
    gateway
}

/// Everything that carries the mark of the job; the worker, too, while it runs.
pub(crate) fn alive(gateway: &Gateway) -> Vec<u32> {
    marked(&Mark::new(&gateway.job.to_string(), 1))
}

pub(crate) async fn nothing_is_left(gateway: &Gateway) {
    let end = Instant::now() + Duration::from_secs(5);
    while !alive(gateway).is_empty() {
        assert!(Instant::now() < end, "left over: {:?}", alive(gateway));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let left: Vec<_> = std::fs::read_dir(gateway.work_dir()).into_iter().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_program_finds_the_results_of_the_jobs_it_depends_on() {
    let mut script = shell("cat inputs.json");
    let first: JobId = "job_01JD3XN5Q7Z8Y9W0V1T2S3R4P5".parse().unwrap();
    script.inputs.insert(first, RawJson::from(&json!({"exit_code": 0})));
    let printed = run(script).await.result().await["stdout"].as_str().unwrap().to_owned();
    let inputs: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(inputs, json!({first.to_string(): {"exit_code": 0}}));
}

#[tokio::test]
async fn a_program_gets_what_it_needs_and_its_output_and_files_come_back() {
    let script = "cat; cat data/in.txt; printf '%s' \"$GREETING\" >&2; echo made > artifacts/made.txt; \
                  test -z \"$JOB_LEASE$AGENT_RUNNER_LINK\"";
    let gateway = run(command(json!({
        "program": "sh",
        "args": ["-c", script],
        "env": {"GREETING": "good day"},
        "stdin": "from stdin\n",
        "files": {"data/in.txt": "from file\n", "raw": {"base64": "/w=="}},
        "artifacts": ["raw"],
    })))
    .await;
    let result = gateway.result().await;
    assert_eq!(result["stdout"], "from stdin\nfrom file\n");
    assert_eq!(result["stderr"], "good day");
    let files = [("made.txt", 5), ("raw", 1)];
    assert_eq!(result["artifacts"], json!(files.map(|(n, b)| json!({"name": n, "bytes": b}))));
    assert_eq!(gateway.lines(LogStream::Stdout), ["from stdin", "from file"]);
    assert_eq!(gateway.heard().artifacts["made.txt"], b"made\n");
    nothing_is_left(&gateway).await;
}

#[tokio::test]
async fn failure_mode_23_lines_are_told_by_the_worker_while_the_program_runs() {
    let gateway = Gateway::start(shell("echo first; sleep 60"));
    let worker = Worker::start(&gateway);
    gateway.line(LogStream::Stdout, |line| line == "first").await;
    assert!(gateway.heard().last_word.is_none());
    worker.terminate();
    assert_eq!(gateway.failure().await.kind, CauseKind::Interrupted);
    nothing_is_left(&gateway).await;
}

#[tokio::test]
async fn an_exit_code_is_a_failure_with_the_end_of_what_was_said() {
    let gateway = run(shell("echo why >&2; exit 3")).await;
    let failure = gateway.failure().await;
    assert_eq!((failure.kind, failure.retry), (CauseKind::HandlerError, RetryAdvice::Retry));
    assert_eq!(failure.message, "`sh` exited with code 3");
    assert_eq!(failure.evidence.exit_code, Some(3));
    assert_eq!(failure.evidence.stderr_tail.as_deref(), Some("why\n"));
}

#[tokio::test]
async fn a_signal_is_a_failure_with_its_number() {
    let gateway = run(shell("kill -SEGV $$")).await;
    assert_eq!(gateway.failure().await.evidence.signal, Some(11));
}

#[tokio::test]
async fn a_program_that_is_not_there_fails_for_good() {
    for program in ["no-such-program", "./no-such-program", "./notes.txt"] {
        let files = json!({"notes.txt": "no program"});
        let gateway = run(command(json!({"program": program, "files": files}))).await;
        let failure = gateway.failure().await;
        assert_eq!(failure.retry, RetryAdvice::GiveUp, "{failure:?}");
        assert!(failure.message.contains(program), "{}", failure.message);
    }
}

#[tokio::test]
async fn a_program_may_come_with_the_job() {
    let program = "#!/bin/sh\necho \"$1\"\n";
    let script = "chmod +x tool && PATH=. tool works";
    let gateway = run(command(json!({
        "program": "sh", "args": ["-c", script], "files": {"tool": program},
    })))
    .await;
    assert_eq!(gateway.result().await["stdout"], "works\n");
}

#[tokio::test]
async fn binary_output_is_text_with_marks() {
    let gateway = run(shell("printf '\\377\\376\\000a\\nb'")).await;
    assert_eq!(gateway.result().await["stdout"], "\u{fffd}\u{fffd}\0a\nb");
    assert_eq!(gateway.lines(LogStream::Stdout), ["\u{fffd}\u{fffd}\0a", "b"]);
}

#[tokio::test]
async fn a_gigabyte_neither_fills_memory_nor_the_log() {
    let gateway = Gateway::start(shell("head -c 1073741824 /dev/zero; echo end >&2"));
    let mut worker = Worker::start(&gateway);
    let status = format!("/proc/{}/status", worker.child.id().unwrap());
    let mut peak = 0;
    let code = loop {
        tokio::select! {
            code = worker.code() => break code,
            () = tokio::time::sleep(Duration::from_millis(20)) => {
                peak = peak.max(peak_kib(&status).unwrap_or(0));
            }
        }
    };
    assert_eq!(code, Some(0));
    let result = gateway.result().await;
    assert_eq!((&result["stdout_truncated"], &result["stderr"]), (&json!(true), &json!("end\n")));
    assert!(peak < 64 * 1024, "{peak} KiB");
    let logged: usize = gateway.lines(LogStream::Stdout).iter().map(String::len).sum();
    assert!(logged <= 1024 * 1024, "{logged} bytes");
    let remark = gateway.lines(LogStream::Worker).remove(0);
    assert!(remark.contains("1073741824 bytes"), "{remark}");
}

fn peak_kib(status: &str) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[tokio::test]
async fn a_million_empty_lines_do_not_flood_the_log() {
    let gateway = run(shell("yes '' | head -n 1000000")).await;
    assert!(gateway.lines(LogStream::Stdout).len() < 20_000);
}

#[cfg(target_os = "linux")] // `setsid` is a program of Linux
#[tokio::test]
async fn children_that_are_left_behind_end_with_the_program() {
    let script =
        "sleep 61 & setsid sleep 62 & (setsid sh -c 'sleep 63 & sleep 64' &) ; echo started";
    let gateway = run(shell(script)).await;
    assert_eq!(gateway.result().await["stdout"], "started\n");
    nothing_is_left(&gateway).await;
}

#[tokio::test]
async fn a_program_that_ignores_sigterm_is_killed_at_its_timeout() {
    let stubborn = "trap '' TERM; echo ready; while true; do sleep 1; done";
    let script = Script {
        timeout: Duration::from_millis(400),
        grace: Duration::from_secs(1),
        ..shell(stubborn)
    };
    let begin = Instant::now();
    let gateway = run(script).await;
    assert_eq!(gateway.failure().await.kind, CauseKind::Timeout);
    assert!(begin.elapsed() < Duration::from_secs(5));
    nothing_is_left(&gateway).await;
}

#[tokio::test]
async fn a_program_may_end_properly_when_it_is_told_to() {
    let polite = "trap 'echo saved > state; echo bye >&2; exit 0' TERM; echo ready; while true; do sleep 0.05; done";
    let gateway = Gateway::start(shell(polite));
    let mut worker = Worker::start(&gateway);
    gateway.line(LogStream::Stdout, |line| line == "ready").await;
    worker.terminate();
    assert_eq!(worker.code().await, Some(143));
    let failure = gateway.failure().await;
    assert_eq!(failure.kind, CauseKind::Interrupted);
    assert!(failure.evidence.stderr_tail.unwrap().ends_with("bye\n"));
}

/// Without any help of a launcher.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_killed_worker_takes_its_program_with_it() {
    let gateway =
        Gateway::start(command(json!({"program": "env", "args": ["-i", "sleep", "67.5"]})));
    let worker = Worker::start(&gateway);
    let program = gateway
        .until(|_| {
            let children = std::process::Command::new("pgrep").args(["-f", "^sleep 67.5"]).output();
            let found = String::from_utf8(children.unwrap().stdout).unwrap();
            found.trim().parse().ok().and_then(agent_runner_process::Identity::of)
        })
        .await;
    worker.kill();
    gateway.until(|_| (!program.is_alive()).then_some(())).await;
}

#[cfg(target_os = "linux")] // `setsid` is a program of Linux
#[tokio::test]
async fn what_a_killed_worker_leaves_is_removed_by_the_launcher() {
    let gateway = Gateway::start(shell("setsid sleep 65 & sleep 66 & echo ready; wait"));
    let launcher = ProcessLauncher::new(config(&gateway));
    launcher.launch(vec![gateway.order()]).await.remove(0).unwrap();
    gateway.line(LogStream::Stdout, |line| line == "ready").await;
    let worker = gateway.heard().launch.clone().unwrap();
    let pid = worker.0.split(':').next().unwrap().parse().unwrap();
    assert!(alive(&gateway).len() >= 4);
    kill_all(&[pid]);
    let exit = the_end(&launcher).await.exit;
    assert_eq!((exit.evidence.signal, exit.out_of_memory), (Some(9), false));
    nothing_is_left(&gateway).await;
}

#[tokio::test]
async fn a_stopped_launch_is_over_within_its_grace() {
    let stubborn = "trap '' TERM; echo ready; while true; do sleep 1; done";
    let gateway = Gateway::start(Script { grace: Duration::from_secs(1), ..shell(stubborn) });
    let launcher = ProcessLauncher::new(config(&gateway));
    let key = gateway.order().key;
    launcher.launch(vec![gateway.order()]).await.remove(0).unwrap();
    gateway.line(LogStream::Stdout, |line| line == "ready").await;
    let begin = Instant::now();
    launcher.stop(key, None, Duration::from_secs(1)).await.unwrap();
    let exit = the_end(&launcher).await.exit;
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    assert_eq!(exit.evidence.exit_code, Some(143));
    assert_eq!(gateway.failure().await.kind, CauseKind::Interrupted);
    nothing_is_left(&gateway).await;
}

#[tokio::test]
async fn a_worker_that_does_not_stop_is_killed_with_all_it_started() {
    let gateway = Gateway::start(Script {
        grace: Duration::from_mins(1),
        ..shell("trap '' TERM; echo ready; while true; do sleep 1; done")
    });
    let launcher = ProcessLauncher::new(config(&gateway));
    let key = gateway.order().key;
    launcher.launch(vec![gateway.order()]).await.remove(0).unwrap();
    gateway.line(LogStream::Stdout, |line| line == "ready").await;
    launcher.stop(key, None, Duration::from_millis(200)).await.unwrap();
    assert_eq!(the_end(&launcher).await.exit.evidence.signal, Some(9));
    nothing_is_left(&gateway).await;
}
