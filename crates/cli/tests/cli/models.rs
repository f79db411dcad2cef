//! Models beside the server, which live on when it dies: what they write arrives whole and once.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use agent_runner_model_sim::Simulator;
use tokio::runtime::Runtime;

use crate::world::{Ended, World};

/// Between two pieces of a text: slow enough to break something in the middle of it.
const PACE: Duration = Duration::from_millis(40);
const LONG: &str = "prompt=write 100 words";

/// A simulator on threads of its own.
pub(crate) struct Models {
    _runtime: Runtime,
    pub(crate) simulator: Simulator,
}

impl Models {
    pub(crate) fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let simulator = runtime.block_on(Simulator::start("127.0.0.1:0")).unwrap();
        simulator.world().set_pace(PACE);
        Self { _runtime: runtime, simulator }
    }

    /// A world in which they are Anthropic.
    pub(crate) fn world(&self) -> World {
        let url = self.simulator.url();
        World::new().with("ANTHROPIC_BASE_URL", url).with("ANTHROPIC_API_KEY", "sk-sim")
    }
}

fn words() -> String {
    vec!["word"; 100].join(" ")
}

#[test]
fn text_is_there_before_its_end() {
    let models = Models::start();
    let world = models.world();
    let mut child = world.command(&["run", "claude_chat", LONG]).spawn().unwrap();
    let mut first = [0; 8];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    let began = Instant::now();
    let ended = Ended::of(child.wait_with_output().unwrap()).succeeded();
    assert!(began.elapsed() > PACE * 20, "the text came at its end: {:?}", began.elapsed());
    let said = String::from_utf8_lossy(&first).into_owned() + ended.out.trim_end();
    assert_eq!(said, words());
    assert!(!ended.err.contains("demo"), "{}", ended.err);
}

#[test]
fn text_is_whole_and_told_once_over_the_death_of_the_server() {
    let models = Models::start();
    let world = models.world();
    let mut server = world.serve(&[]);
    let run = world.command(&["run", "claude_chat", LONG]).spawn().unwrap();
    let id = until(|| Some(world.line(&["list"]).lines().nth(1)?.split(' ').next()?.to_owned()));
    let log = world.command(&["logs", "-f", "--raw", &id]).spawn().unwrap();
    until(|| (world.line(&["logs", "--raw", &id]).len() > 40).then_some(()));
    server.kill();
    let _next = world.serve(&[]);
    for child in [run, log] {
        let ended = Ended::of(child.wait_with_output().unwrap()).succeeded();
        assert!(ended.out.trim_end().ends_with(&words()), "{}", ended.out);
        assert_eq!(ended.out.matches("word").count(), 100, "{}", ended.out);
    }
    assert_eq!(models.simulator.world().paid(), 1);
}

#[test]
fn text_is_whole_and_told_once_over_a_connection_that_breaks() {
    let models = Models::start();
    let world = models.world();
    let server = world.serve(&[]);
    let proxy = breaking_proxy(&server.url);
    let ended = world.run(&["--server", &proxy, "run", "-v", "claude_chat", LONG]).succeeded();
    assert_eq!(ended.out.trim_end(), words());
    assert!(ended.err.matches("trying again").count() > 1, "{}", ended.err);
}

#[test]
fn an_answer_that_breaks_off_is_asked_for_again_and_ends_whole() {
    let models = Models::start();
    let world = models.world();
    let model = "model=claude-sonnet-5-5+cut=20+times=1";
    let ended = world.run(&["run", "claude_chat", LONG, model]).succeeded();
    assert!(ended.out.trim_end().ends_with(&words()), "{}", ended.out);
    ended.saying(&["broke off", "2 calls"]);
}

#[test]
fn the_doctor_knows_which_models_can_be_asked() {
    let without = World::new().run(&["doctor", "--listen", "127.0.0.1:0"]).succeeded();
    assert!(without.out.contains("warn  models"), "{}", without.out);
    assert!(without.out.contains("ANTHROPIC_API_KEY") && without.out.contains("--demo"));
    let world = World::new().with("ANTHROPIC_API_KEY", "sk-secret");
    let with = world.run(&["doctor", "--listen", "127.0.0.1:0"]).succeeded();
    assert!(with.out.contains("ok    models       there are keys for anthropic"), "{}", with.out);
    let _server = world.serve(&[]);
    let asked = world.run(&["doctor"]).succeeded();
    assert!(asked.out.contains("keys for anthropic") && !asked.out.contains("sk-secret"));
}

fn until<T>(mut found: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        match found() {
            Some(found) => return found,
            None => assert!(began.elapsed() < Duration::from_secs(20), "it never came"),
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Hangs up whenever so much of a log has passed.
fn breaking_proxy(server: &str) -> String {
    let server = server.strip_prefix("http://").unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for client in listener.incoming() {
            let (client, server) = (client.unwrap(), server.clone());
            thread::spawn(move || pass(&client, &TcpStream::connect(server).unwrap()));
        }
    });
    url
}

fn pass(client: &TcpStream, server: &TcpStream) {
    const BYTES_OF_A_LOG_MAX: usize = 1_500;
    let (mut requests, mut answers) = (client, server);
    let is_log = AtomicBool::new(false);
    let hang_up = || drop((client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both)));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut part = [0; 4096];
            while let Ok(read @ 1..) = requests.read(&mut part) {
                let asks = String::from_utf8_lossy(&part[..read]).contains("/events ");
                is_log.fetch_or(asks, Ordering::SeqCst);
                answers.write_all(&part[..read]).unwrap();
            }
            hang_up();
        });
        let (mut passed, mut part) = (0, [0; 256]);
        let (mut from, mut to) = (server, client);
        while let Ok(read @ 1..) = from.read(&mut part) {
            passed += if is_log.load(Ordering::SeqCst) { read } else { 0 };
            if passed > BYTES_OF_A_LOG_MAX || to.write_all(&part[..read]).is_err() {
                break;
            }
        }
        hang_up();
    });
}
