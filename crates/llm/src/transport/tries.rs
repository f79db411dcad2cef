//! The tries of one call, and the pauses between them.

use std::time::Duration;

use super::RetryPolicy;
use crate::error::Error;

#[derive(Debug)]
pub(crate) struct Tries {
    policy: RetryPolicy,
    retries: u32,
    random: fastrand::Rng,
}

impl Tries {
    pub(crate) fn new(policy: &RetryPolicy) -> Self {
        Self { policy: policy.clone(), retries: 0, random: fastrand::Rng::new() }
    }

    /// How long to wait before the next try, which is counted; or the error if there is none.
    pub(crate) fn next_pause(&mut self, error: Error) -> Result<(Duration, Error), Error> {
        match self.policy.pause(error.advice, self.retries, self.random.f64()) {
            None => Err(error),
            Some(pause) => {
                self.retries += 1;
                tracing::debug!(
                    error.kind = ?error.kind,
                    error.status = error.status,
                    retry = self.retries,
                    pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                    "A call of a model failed and is tried again."
                );
                Ok((pause, error))
            }
        }
    }

    /// Waits for the next try.
    pub(crate) async fn pause_after(&mut self, error: Error) -> Result<(), Error> {
        let (pause, _) = self.next_pause(error)?;
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::error::ErrorKind;

    #[tokio::test(start_paused = true)]
    async fn two_retries_take_up_to_a_second_and_a_half() {
        let mut tries = Tries::new(&RetryPolicy::default());
        let error = || Error::new(ErrorKind::Server, "down");
        let began = Instant::now();
        tries.pause_after(error()).await.unwrap();
        tries.pause_after(error()).await.unwrap();
        let waited = began.elapsed().as_secs_f64();
        assert!((1.125..=1.51).contains(&waited), "{waited}");
        assert_eq!(tries.pause_after(error()).await.unwrap_err().kind, ErrorKind::Server);
    }
}
