//! Trying again while the orchestrator cannot be reached: it may be starting over.

use std::time::Duration;

use agent_runner_domain::ports::LinkError;
use tokio::time::{Instant, sleep};

/// Pauses between tries double from the first to the longest.
const PAUSE_FIRST: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// Calls until the answer is another than "unavailable", or `patience` is over.
pub(crate) async fn patiently<T, F>(
    patience: Duration,
    mut call: impl FnMut() -> F,
) -> Result<T, LinkError>
where
    F: Future<Output = Result<T, LinkError>>,
{
    let end = Instant::now().checked_add(patience);
    let mut pause = PAUSE_FIRST;
    loop {
        let answer = call().await;
        let over = end.is_some_and(|end| Instant::now() + pause > end);
        if over || !matches!(answer, Err(LinkError::Unavailable(_))) {
            return answer;
        }
        sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}
