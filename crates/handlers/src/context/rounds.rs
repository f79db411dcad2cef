//! Parts of a job's work that came to nothing.
//!
//! What was answered is recorded, so a part that came to nothing would do so again in every attempt. That is right
//! after a lost worker, which may have died before its last word was heard: nothing is paid again to learn the same.
//! A user who retries the job wants the part to be tried anew, and only then is it.

use agent_runner_domain::job::Failure;

use super::Context;

impl Context {
    /// After how many of the rounds that came to nothing a user has retried the job: the number of this one, from 0.
    ///
    /// # Errors
    /// Those of [`Self::recorded`].
    pub(crate) async fn round(&self, part: &str) -> Result<u32, Failure> {
        let mut round = 0;
        while let Some(lost_after) = self.recorded::<u32>(&key(part, round)).await? {
            if lost_after >= self.retries {
                break;
            }
            round += 1;
        }
        Ok(round)
    }

    /// Notes that this round came to nothing, before the job ends for it.
    ///
    /// # Errors
    /// Those of [`Self::record`].
    pub(crate) async fn lose_round(&self, part: &str, round: u32) -> Result<(), Failure> {
        self.record(&key(part, round), &self.retries).await
    }
}

fn key(part: &str, round: u32) -> String {
    format!("{part}/lost/{}", round + 1)
}
