//! What went wrong in a call to AWS, told apart once for all adapters, in one sentence that says what to do.
//!
//! The services name the same trouble differently, throttles come in disguise (as `InvalidParameterException`, with
//! "Rate exceeded" in the message), and a wrong clock, region or token only shows in odd codes. So it is sorted by
//! code, by message and by status, here and nowhere else.

mod sort;
#[cfg(test)]
mod tests;

use std::{error::Error, fmt};

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// Why a call failed, by what can be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// Too many calls: the same call works later. It took no effect.
    Throttled,
    /// No answer, or one that blames the service: it may work later. *The call may have taken effect.*
    Unavailable,
    /// This identity lacks a permission.
    Denied,
    /// What the call is about does not exist.
    NotFound,
    /// There are no credentials, or AWS does not know them.
    Credentials,
    /// The credentials were good once.
    Expired,
    /// This machine's clock is so wrong that AWS refuses the signature.
    ClockSkew,
    /// It exists in another region than the one that was asked.
    WrongRegion,
    /// Anything else that AWS says no to, such as a wrong parameter. Asking again does not help.
    Refused,
}

/// A failed call. Its text is a sentence for people, without the `source`s that the SDK's errors have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub trouble: Trouble,
    text: String,
}

impl Fault {
    pub(crate) fn new(trouble: Trouble, text: String) -> Self {
        Self { trouble, text }
    }

    /// `action` as policies call it (`dynamodb:PutItem`), `on` with its article (``the table `agent-runner` ``).
    pub fn of<E>(error: &SdkError<E, HttpResponse>, action: &str, on: &str) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let trouble = sort::trouble(error);
        let said = said(error);
        let text = match trouble {
            Trouble::Throttled => format!("AWS limits the rate of {action} on {on}: {said}"),
            Trouble::Unavailable => format!("{action} on {on} got no good answer: {said}"),
            Trouble::Denied => format!(
                "{action} on {on} is denied: a policy of this identity must allow it{} ({said})",
                or_else(action)
            ),
            Trouble::NotFound => {
                format!("{on} does not exist in this account and region ({action}: {said})")
            }
            Trouble::Credentials => format!(
                "{action} on {on} needs AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY, or run under a role ({said})"
            ),
            Trouble::Expired => format!(
                "the AWS credentials have expired: sign in again, or renew AWS_SESSION_TOKEN \
                 ({action} on {on}: {said})"
            ),
            Trouble::ClockSkew => format!(
                "this machine's clock is wrong, so AWS refuses its signatures: set the time, best by NTP \
                 ({action} on {on}: {said})"
            ),
            Trouble::WrongRegion => format!(
                "{on} is in {}: set AWS_REGION ({action}: {said})",
                sort::region(error).unwrap_or_else(|| "another region".to_owned())
            ),
            Trouble::Refused => format!("AWS refuses {action} on {on}: {said}"),
        };
        Self { trouble, text }
    }

    /// The same call may work later, with nobody doing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.trouble, Trouble::Throttled | Trouble::Unavailable)
    }

    /// The call may have taken effect all the same: look before you do it again.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        self.trouble == Trouble::Unavailable
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Fault {}

/// S3 tells neither a bucket of somebody else nor, mostly, an object that is not there from a missing permission.
fn or_else(action: &str) -> &'static str {
    match action {
        "s3:GetObject" => ", or it is not there, or the bucket is another account's",
        _ if action.starts_with("s3:") => ", or the bucket is another account's",
        _ => "",
    }
}

/// AWS's own words, or the causes from the outside in.
fn said<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E, HttpResponse>) -> String {
    let status = error.raw_response().map(|response| response.status().as_u16());
    let meta = error.as_service_error().map(ProvideErrorMetadata::meta);
    match (meta.and_then(|meta| meta.code()), meta.and_then(|meta| meta.message()), status) {
        (Some(code), Some(message), _) => format!("{code}: {message}"),
        (Some(code), None, _) => code.to_owned(),
        (None, _, Some(status)) => format!("HTTP status {status}"),
        (None, _, None) => causes(error),
    }
}

/// Without repetitions: wrappers often say only what they wrap.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    for cause in chain(error) {
        let text = cause.to_string();
        if !texts.iter().any(|known| known.contains(&text)) {
            texts.push(text);
        }
    }
    texts.join(": ")
}

/// The error, its source, the source of that, and so on.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}
