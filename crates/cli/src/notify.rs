//! A message on the desktop, where there is one.

use std::process::Stdio;

use tokio::process::Command;

/// Tells the desktop. Whether it could is worth one line, and no failure.
pub(crate) async fn desktop(title: &str, text: &str) -> Result<(), String> {
    let mut command = program(title, text);
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.status().await {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("no desktop notification: {name} ended with {status}")),
        Err(error) => Err(format!("no desktop notification: {name} cannot be started ({error})")),
    }
}

#[cfg(target_os = "macos")]
fn program(title: &str, text: &str) -> Command {
    // The texts come as arguments, not as parts of the script.
    let script =
        "on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run";
    let mut command = Command::new("osascript");
    command.args(["-e", script, title, text]);
    command
}

#[cfg(not(target_os = "macos"))]
fn program(title: &str, text: &str) -> Command {
    let mut command = Command::new("notify-send");
    command.args(["--app-name=agent-runner", "--", title, text]);
    command
}
