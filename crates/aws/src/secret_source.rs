//! Secrets from Secrets Manager, remembered for a while: every question costs money and time.

mod cache;
#[cfg(test)]
mod tests;

use std::time::Instant;

use agent_runner_domain::ports::{Secret, SecretError, SecretSource};
use async_trait::async_trait;
use aws_sdk_secretsmanager::{Client, operation::get_secret_value::GetSecretValueError};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};

use self::cache::Cache;
use crate::{
    Names,
    fault::{Fault, Trouble},
};

const ACTION: &str = "secretsmanager:GetSecretValue";

/// A [`SecretSource`] over an installation's secrets: `ANTHROPIC_API_KEY` is `agent-runner/anthropic-api-key`.
///
/// A value is the whole text of the secret; JSON is not looked into. It is asked for again every five minutes, so
/// a changed secret is seen without a restart; while nobody answers, the last value holds.
pub struct SecretsManager {
    client: Client,
    names: Names,
    cache: Cache,
}

impl SecretsManager {
    #[must_use]
    pub fn new(client: Client, names: Names) -> Self {
        Self { client, names, cache: Cache::default() }
    }

    /// What the secret is called there, however the caller writes its name.
    fn name(&self, asked: &str) -> String {
        let own = asked.rsplit('/').next().unwrap_or(asked);
        self.names.secret(&own.to_lowercase().replace('_', "-"))
    }

    async fn fetch(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        let answer = match self.client.get_secret_value().secret_id(name).send().await {
            Ok(answer) => answer,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(refused(&error, name)),
        };
        match answer.secret_string {
            // As with variables of the environment, empty is not set.
            Some(text) => Ok(Some(text).filter(|text| !text.is_empty()).map(Secret::new)),
            None => Err(SecretError::Refused(format!(
                "the secret `{name}` holds bytes: store its text with `aws secretsmanager \
                 put-secret-value --secret-id {name} --secret-string …`"
            ))),
        }
    }
}

#[async_trait]
impl SecretSource for SecretsManager {
    async fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        if name.is_empty() {
            return Ok(None);
        }
        let name = self.name(name);
        self.cache.get(&name, Instant::now(), || self.fetch(&name)).await
    }
}

/// There is none, or none with a value yet: infrastructure makes secrets empty.
fn is_absent(error: &SdkError<GetSecretValueError, HttpResponse>) -> bool {
    error.as_service_error().is_some_and(GetSecretValueError::is_resource_not_found_exception)
}

fn refused(error: &SdkError<GetSecretValueError, HttpResponse>, name: &str) -> SecretError {
    let fault = Fault::of(error, ACTION, &format!("the secret `{name}`"));
    match fault.trouble {
        Trouble::Refused if is_deleted(error) => SecretError::Refused(format!(
            "the secret `{name}` is marked for deletion: bring it back with `aws secretsmanager \
             restore-secret --secret-id {name}`"
        )),
        Trouble::Denied | Trouble::Refused | Trouble::WrongRegion => {
            SecretError::Refused(fault.to_string())
        }
        _ => SecretError::Unavailable(fault.to_string()),
    }
}

fn is_deleted(error: &SdkError<GetSecretValueError, HttpResponse>) -> bool {
    let message = error.as_service_error().and_then(|error| error.meta().message());
    message.is_some_and(|text| text.contains("marked for deletion"))
}
