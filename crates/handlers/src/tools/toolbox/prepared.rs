//! A call on its way: limited in time, and in what comes of it.

use agent_runner_domain::job::{CauseKind, Failure};
use serde_json::Value;
use tokio::time::timeout;

use super::{
    super::{Answer, Call, Output, bound::OUTPUT_CHARS_MAX, shortened},
    Ready, Toolbox,
};

/// A call that can be made.
pub(crate) struct Prepared<'b, 'a> {
    pub(super) toolbox: &'b Toolbox<'a>,
    pub(super) ready: &'b Ready<'a>,
    pub(super) input: &'b Value,
}

impl Prepared<'_, '_> {
    pub(crate) fn is_repeatable(&self) -> bool {
        self.ready.tool.is_repeatable()
    }

    /// # Errors
    /// When the job is stopped, or cannot go on.
    pub(crate) async fn run(self, key: &str) -> Result<Answer, Failure> {
        let toolbox = self.toolbox;
        let call = self.ready.tool.call(Call { key, input: self.input });
        let limited = timeout(toolbox.call_max, call);
        let Some(ended) = toolbox.context.cancelled.run_until_cancelled(limited).await else {
            let message =
                format!("stopped while the tool `{}` ran", self.ready.tool.definition().name);
            return Err(Failure::passing(CauseKind::Interrupted, message));
        };
        let answer = ended.unwrap_or_else(|_| {
            let seconds = toolbox.call_max.as_secs();
            let message =
                format!("the tool has taken longer than {seconds} seconds and was stopped");
            Ok(Output::error(message).into())
        });
        Ok(match answer? {
            Answer::Output(output) => Answer::Output(toolbox.bounded(output)),
            waits @ Answer::Waits(_) => waits,
        })
    }
}

impl Toolbox<'_> {
    /// Some providers refuse an answer without any content.
    fn bounded(&self, output: Output) -> Output {
        let content = shortened(self.hidden.out_of(output.content), OUTPUT_CHARS_MAX);
        let content = if content.trim().is_empty() { "(no output)".to_owned() } else { content };
        let sources = output.sources.into_iter().map(|source| self.hidden.out_of(source)).collect();
        Output { content, sources, ..output }
    }
}
