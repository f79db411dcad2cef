//! The real server, as a process that can be killed.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

pub(crate) struct Server {
    data: PathBuf,
    child: Child,
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start(data: &Path) -> Self {
        let (child, url) = spawn(data);
        Self { data: data.to_owned(), child, url }
    }

    pub(crate) fn kill_and_restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        (self.child, self.url) = spawn(&self.data);
    }

    /// As an operator does it. Workers that wait for their job go with it.
    pub(crate) fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(&pid).status().unwrap().success());
        assert!(self.child.wait().unwrap().success(), "a polite stop ends well");
    }

    pub(crate) fn restart_if_dead(&mut self) {
        if self.child.try_wait().unwrap().is_some() {
            (self.child, self.url) = spawn(&self.data);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(data: &Path) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_agent-runner"))
        .args(["serve", "--listen", "127.0.0.1:0", "--max-running", "8", "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines.by_ref().find_map(|line| {
        let line = line.ok()?;
        let start = line.find("http://")?;
        Some(line[start..].split_whitespace().next()?.trim_end_matches('/').to_owned())
    });
    // Whatever it prints later must not fill the pipe.
    std::thread::spawn(move || lines.for_each(drop));
    (child, url.expect("the server prints its address"))
}
