//! An installation on AWS, as this machine's credentials see it.

use super::{
    Report,
    finding::{Finding, Level},
};
use crate::{
    failure::Failure,
    programs::{
        self, AwsArgs,
        examination::{self, State},
    },
};

pub(super) async fn look(args: &AwsArgs, report: &mut Report<'_>) -> Result<(), Failure> {
    let mut written = Ok(());
    let mut tell = |found: examination::Finding| {
        if written.is_ok() {
            written = report.add(&finding(found));
        }
    };
    programs::examine_aws(args, &mut tell).await?;
    written
}

fn finding(found: examination::Finding) -> Finding {
    let examination::Finding { check, state, message } = found;
    let (level, fix) = match state {
        State::Ok => (Level::Ok, None),
        State::Warn(fix) => (Level::Warn, Some(fix)),
        State::Fail(fix) => (Level::Fail, fix),
    };
    Finding { level, check, message, fix }
}
