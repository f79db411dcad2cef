//! Whether this machine's clock is right, by the time that AWS writes on its answers.
//!
//! The SDK signs by AWS's time as soon as its own is refused, so calls work in spite of a wrong clock. Jobs do not:
//! their deadlines and signs of life are written by one machine and judged by another.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept, context::BeforeDeserializationInterceptorContextRef, dyn_dispatch_hint,
        },
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{DateTime, config_bag::ConfigBag, date_time::Format};

use crate::fault::{Fault, Trouble};

/// Half of what makes a worker that lives look as if it were silent.
const OFF_MAX: Duration = Duration::from_secs(30);

/// Compares the clocks with each answer of the call that it is given to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watch(Arc<Mutex<Option<Fault>>>);

impl Watch {
    /// What is wrong with the clock, as of the last answer.
    pub(crate) fn fault(&self) -> Option<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[dyn_dispatch_hint]
impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "ClockWatch"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let written = context.response().headers().get("date");
        let written = written.and_then(|text| DateTime::from_str(text, Format::HttpDate).ok());
        if let Some(theirs) = written.and_then(|written| SystemTime::try_from(written).ok()) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = compared(now(), theirs);
        }
        Ok(())
    }
}

/// Asks for a description of the table, which whoever starts must be allowed to.
pub(crate) async fn check(client: &Client, table: &str) -> Result<(), Fault> {
    let watch = Watch::default();
    let call = client.describe_table().table_name(table).customize().interceptor(watch.clone());
    let on = format!("the table `{table}`");
    let answer = call.send().await;
    answer.map_err(|error| Fault::of(&error, "dynamodb:DescribeTable", &on))?;
    watch.fault().map_or(Ok(()), Err)
}

fn compared(ours: SystemTime, theirs: SystemTime) -> Option<Fault> {
    let (by, way) = match ours.duration_since(theirs) {
        Ok(by) => (by, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    let text = format!(
        "this machine's clock is {} s {way} AWS's: set the time, best by NTP; workers that live would be taken for lost",
        by.as_secs()
    );
    (by > OFF_MAX).then(|| Fault::new(Trouble::ClockSkew, text))
}

#[expect(clippy::disallowed_methods, reason = "the machine's own time is what is judged")]
fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::{Answer, Replay};

    #[test]
    fn a_clock_may_be_off_by_as_much_as_does_no_harm() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let text = |ours, theirs| compared(ours, theirs).map(|fault| fault.to_string());
        for off in [0, 30] {
            assert_eq!(text(now, now + Duration::from_secs(off)), None);
            assert_eq!(text(now + Duration::from_secs(off), now), None);
        }
        let off = Duration::from_mins(10);
        assert!(text(now + off, now).unwrap().contains("clock is 600 s ahead of AWS's: set the"));
        assert!(text(now, now + off).unwrap().contains("clock is 600 s behind AWS's: set the"));
    }

    #[tokio::test]
    async fn the_time_on_an_answer_is_looked_at() {
        let check_at = async |headers| {
            let replay = Replay::from(vec![Answer { status: 200, headers, body: "{}" }]);
            check(&Client::new(&replay.config()), "t").await
        };
        assert_eq!(check_at(&[]).await, Ok(()));
        let fault = check_at(&[("date", "Sat, 01 Jan 2000 00:00:00 GMT")]).await.unwrap_err();
        assert_eq!(fault.trouble, Trouble::ClockSkew);
    }
}
