//! The tables by which errors are told apart.

use std::error::Error;

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{Trouble, chain};

const BY_CODE: &[(Trouble, &[&str])] = &[
    (
        Trouble::Throttled,
        &[
            "BandwidthLimitExceeded",
            "EC2ThrottledException",
            "PriorRequestNotComplete",
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "TooManyRequestsException",
            "TransactionInProgressException",
        ],
    ),
    (
        Trouble::Unavailable,
        &[
            "InternalError",
            "InternalFailure",
            "InternalServerError",
            "InternalServiceError",
            "InternalServiceErrorException",
            "RequestTimeout",
            "RequestTimeoutException",
            "ServerException",
            "ServiceUnavailable",
            "ServiceUnavailableException",
        ],
    ),
    (
        Trouble::Denied,
        &[
            "AccessDenied",
            "AccessDeniedException",
            "AllAccessDisabled",
            "AuthorizationError",
            "Forbidden",
            "UnauthorizedOperation",
        ],
    ),
    (
        Trouble::NotFound,
        &[
            "AWS.SimpleQueueService.NonExistentQueue",
            "ClusterNotFoundException",
            "ImageNotFoundException",
            "InvalidSubnetID.NotFound",
            "NoSuchBucket",
            "NoSuchKey",
            "NotFound",
            "QueueDoesNotExist",
            "RepositoryNotFoundException",
            "ResourceNotFoundException",
            "TableNotFoundException",
        ],
    ),
    (
        Trouble::Credentials,
        &[
            "AuthFailure",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "InvalidToken",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "NotAuthorized",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        ],
    ),
    (Trouble::Expired, &["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"]),
    (Trouble::ClockSkew, &["RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"]),
    (
        Trouble::WrongRegion,
        &[
            "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException",
            "PermanentRedirect",
        ],
    ),
];

/// Messages that say more than the codes they come with, in lower case.
const BY_MESSAGE: &[(&str, Trouble)] = &[
    ("rate exceeded", Trouble::Throttled),
    ("security token included in the request is expired", Trouble::Expired),
    ("signature expired", Trouble::ClockSkew),
    ("signature not yet current", Trouble::ClockSkew),
    ("should be scoped to a valid region", Trouble::WrongRegion),
    ("is wrong; expecting", Trouble::WrongRegion),
];

pub(super) fn trouble<E>(error: &SdkError<E, HttpResponse>) -> Trouble
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(service) => {
            let meta = service.err().meta();
            let message = meta.message().unwrap_or_default().to_lowercase();
            by_message(&message)
                .or_else(|| by_code(meta.code().unwrap_or_default()))
                .unwrap_or_else(|| by_status(service.raw().status().as_u16()))
        }
        SdkError::ConstructionFailure(_) => unsent(error, Trouble::Refused),
        // Where no credentials are found, the SDK says that the dispatch failed.
        _ => unsent(error, Trouble::Unavailable),
    }
}

fn by_message(message: &str) -> Option<Trouble> {
    BY_MESSAGE.iter().find(|(part, _)| message.contains(part)).map(|(_, trouble)| *trouble)
}

fn by_code(code: &str) -> Option<Trouble> {
    BY_CODE.iter().find(|(_, codes)| codes.contains(&code)).map(|(trouble, _)| *trouble)
}

fn by_status(status: u16) -> Trouble {
    match status {
        301 | 307 => Trouble::WrongRegion,
        401 => Trouble::Credentials,
        403 => Trouble::Denied,
        404 => Trouble::NotFound,
        // A success that cannot be read comes from somebody in between, or was cut off.
        200..=299 | 408 | 500.. => Trouble::Unavailable,
        429 => Trouble::Throttled,
        _ => Trouble::Refused,
    }
}

/// Credentials that the SDK could not find or fetch fail a call before it is sent.
fn unsent(error: &(dyn Error + 'static), otherwise: Trouble) -> Trouble {
    let about_credentials = |text: &str| text.contains("credential") || text.contains("identity");
    if chain(error).any(|cause| about_credentials(&cause.to_string())) {
        Trouble::Credentials
    } else {
        otherwise
    }
}

/// Where it is, if the answer says so.
pub(super) fn region<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<String> {
    let header = error.raw_response().and_then(|raw| raw.headers().get("x-amz-bucket-region"));
    let message = error.as_service_error().and_then(|service| service.meta().message());
    let quoted = || message?.split("expecting '").nth(1)?.split('\'').next();
    header.or_else(quoted).map(|region| format!("the region {region}"))
}
