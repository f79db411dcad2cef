//! `run_command`: a shell command in the job's folder, for payloads that allow it by naming this tool.

use std::{process::ExitStatus, rc::Rc, time::Duration};

use agent_runner_domain::{event::LogStream, job::Failure};
use async_trait::async_trait;
use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncWriteExt},
    process::ChildStdin,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{
    Answer, Call, Definition, Output, Tool, bound::readable, files::Folder, program::Program,
};
use crate::{
    Context,
    command::{Printed, pump_until},
};

pub(super) const NAME: &str = "run_command";
/// Of each stream.
const OUTPUT_BYTES_MAX: usize = 64 * 1024;
const PIPES_GRACE: Duration = Duration::from_millis(500);

pub(super) struct RunCommand<'a> {
    definition: Definition,
    folder: Rc<Folder>,
    context: &'a Context,
}

impl<'a> RunCommand<'a> {
    pub(super) fn new(folder: Rc<Folder>, context: &'a Context) -> Self {
        let definition = Definition {
            name: NAME.to_owned(),
            description: "Runs a command with `sh -c` in the job's folder and returns what it prints. \
                What it has started ends with it. Files that it leaves in the folder `artifacts` are \
                kept with the job."
                .to_owned(),
            input_schema: json!({
                "type": "object", "required": ["command"], "additionalProperties": false,
                "properties": {
                    "command": {"type": "string", "minLength": 1},
                    "stdin": {"type": "string", "description": "what it reads; nothing if absent"},
                },
            }),
        };
        Self { definition, folder, context }
    }

    async fn run(
        &self,
        command: &str,
        stdin: &str,
    ) -> std::io::Result<(ExitStatus, Printed, Printed)> {
        let configure = |shell: &mut tokio::process::Command| {
            shell.arg("-c").arg(command);
        };
        let mut program = Program::start("sh", self.folder.root(), self.context, configure)?;
        let (stdout, stderr) = (program.child.stdout.take(), program.child.stderr.take());
        let input = program.child.stdin.take();
        let (over, heard) = (CancellationToken::new(), CancellationToken::new());
        let end = async {
            let status = program.child.wait().await;
            // What it has left running would hold its pipes open, and some of that is only found later.
            program.kill();
            let _ = timeout(PIPES_GRACE, heard.cancelled()).await;
            over.cancel();
            status
        };
        let listen = async {
            let both = tokio::join!(
                self.listen(LogStream::Stdout, stdout, &over),
                self.listen(LogStream::Stderr, stderr, &over),
            );
            heard.cancel();
            both
        };
        let feeding = over.run_until_cancelled(feed(input, stdin));
        let (status, (stdout, stderr), _) = tokio::join!(end, listen, feeding);
        Ok((status?, stdout, stderr))
    }

    async fn listen(
        &self,
        stream: LogStream,
        pipe: Option<impl AsyncRead + Unpin>,
        over: &CancellationToken,
    ) -> Printed {
        let events = self.context.events.clone();
        pump_until(over.cancelled(), pipe, stream, OUTPUT_BYTES_MAX, events).await
    }
}

/// A command need not read what it is given.
async fn feed(pipe: Option<ChildStdin>, text: &str) {
    if let Some(mut pipe) = pipe {
        let _ = pipe.write_all(text.as_bytes()).await;
    }
}

#[async_trait(?Send)]
impl Tool for RunCommand<'_> {
    fn definition(&self) -> &Definition {
        &self.definition
    }

    fn is_repeatable(&self) -> bool {
        false
    }

    async fn call(&self, call: Call<'_>) -> Result<Answer, Failure> {
        let text = |field: &str| call.input[field].as_str().unwrap_or_default();
        let ran = self.run(text("command"), text("stdin")).await;
        let (status, stdout, stderr) = match ran {
            Ok(ran) => ran,
            Err(error) => {
                return Ok(Output::error(format!("the command cannot be run: {error}")).into());
            }
        };
        let (files, remarks) = self.folder.keep_artifacts(self.context).await?;
        let content = report(status, &stdout, &stderr, &remarks);
        let output = Output { is_error: !status.success(), files, ..Output::said(content) };
        Ok(output.into())
    }
}

fn report(status: ExitStatus, stdout: &Printed, stderr: &Printed, remarks: &[String]) -> String {
    let mut parts = vec![match status.code() {
        Some(code) => format!("exit code {code}"),
        None => format!("ended by {status}"),
    }];
    parts.extend(section("stdout", stdout));
    parts.extend(section("stderr", stderr));
    parts.extend(remarks.iter().map(|remark| format!("[{remark}]")));
    parts.join("\n")
}

fn section(name: &str, printed: &Printed) -> Option<String> {
    if printed.text.is_empty() {
        return None;
    }
    let text = if printed.truncated {
        format!("{}\n[… more is left out; the end is: …]\n{}", printed.text, printed.tail)
    } else {
        printed.text.clone()
    };
    Some(format!("--- {name}\n{}", readable(text.as_bytes(), None)))
}
