//! Trying again while nobody can be reached: the orchestrator may be starting over, AWS may be in trouble.

use std::time::Duration;

use agent_runner_domain::ports::LinkError;
use tokio::time::{Instant, sleep};

/// Pauses between tries double from the first to the longest.
const PAUSE_FIRST: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// How long a worker goes on that nobody hears.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Until it is told what to do.
    pub(crate) start: Duration,
    /// With its work, while nobody hears that it lives.
    pub(crate) silence: Duration,
    /// With its last word.
    pub(crate) last_word: Duration,
}

impl Patience {
    /// Behind an orchestrator on the same machine. Work that is done and paid for waits for one that is down over a
    /// night too, because nobody else can take the job away meanwhile.
    pub(crate) const GATEWAY: Self = Self {
        start: Duration::from_secs(30),
        silence: Duration::MAX,
        last_word: Duration::from_hours(24),
    };

    /// A worker that reaches the stores by itself cannot tell an outage, which it should sit out, from being cut off
    /// alone. Then its job is given to another after six heartbeats, nobody will ever listen, and its machine costs
    /// money: half an hour is long for an outage, and not too much to pay. While its heartbeats are heard, the job is
    /// its own, and finished work waits as it does behind an orchestrator. A start that comes to nothing counts against
    /// the infrastructure, ten of which end the job: so each sits out some of an outage.
    #[cfg_attr(not(any(feature = "aws", test)), expect(dead_code, reason = "only on AWS"))]
    pub(crate) const STORES: Self = Self {
        start: Duration::from_mins(5),
        silence: Duration::from_mins(30),
        last_word: Self::GATEWAY.last_word,
    };
}

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
