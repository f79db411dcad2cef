//! What is kept secret. Values are read and not shown.

use agent_runner_domain::ports::{Secret, SecretError, SecretSource};

use super::{Finding, State};
use crate::{Aws, secret_source::SecretsManager};

const CHECK: &str = "secret";

pub(super) async fn look(aws: &Aws, model_keys: &[&'static str]) -> Vec<Finding> {
    let secrets = aws.secrets();
    let mut findings = vec![models(aws, &secrets, model_keys).await];
    let keys = "api-keys";
    let fix =
        "`agent-runner keys new` makes entries for it; without them only 127.0.0.1 can be served";
    findings.push(one(aws, keys, secrets.get(keys).await, fix));
    let callbacks = "callback-secret";
    let fix = "store `whsec_` and the base64 of 24 to 64 random bytes there; without it no callback is sent";
    findings.push(one(aws, callbacks, secrets.get(callbacks).await, fix));
    findings
}

/// One key is enough for jobs that ask that provider.
async fn models(aws: &Aws, secrets: &SecretsManager, wanted: &[&'static str]) -> Finding {
    let mut kept = Vec::new();
    for name in wanted {
        match secrets.get(name).await {
            Ok(Some(_)) => kept.push(*name),
            Ok(None) => {}
            Err(error) => return failed(&error),
        }
    }
    if kept.is_empty() {
        let name = aws.names().secret("anthropic-api-key");
        return Finding::warn(
            CHECK,
            "no provider of models has a key",
            format!("aws secretsmanager create-secret --name {name} --secret-string YOUR-KEY"),
        );
    }
    Finding::ok(CHECK, format!("there are keys of models: {}", kept.join(", ")))
}

fn one(aws: &Aws, name: &str, found: Result<Option<Secret>, SecretError>, fix: &str) -> Finding {
    let name = aws.names().secret(name);
    match found {
        Ok(Some(_)) => Finding::ok(CHECK, format!("`{name}` is there")),
        Ok(None) => Finding::warn(CHECK, format!("`{name}` does not exist"), fix),
        Err(error) => failed(&error),
    }
}

fn failed(error: &SecretError) -> Finding {
    Finding { check: CHECK, state: State::Fail(None), message: error.to_string() }
}
