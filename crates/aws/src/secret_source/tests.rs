use super::*;
use crate::replay::Replay;

const FOUND: &str = r#"{"Name":"t/anthropic-api-key","SecretString":"sk-1"}"#;
const ABSENT: &str = r#"{"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret."}"#;
const EMPTY: &str = r#"{"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"}"#;
const OUTAGE: (u16, &str) =
    (500, r#"{"__type":"InternalServiceError","Message":"An error occurred on the server side."}"#);

fn source(answers: &[(u16, &'static str)]) -> (SecretsManager, Replay) {
    let replay = Replay::new(answers.iter().copied());
    (SecretsManager::new(Client::new(&replay.config()), Names::new("t")), replay)
}

async fn said(source: &SecretsManager) -> Option<String> {
    let found = source.get("ANTHROPIC_API_KEY").await.unwrap();
    found.map(|secret| secret.reveal().to_owned())
}

async fn refusal(body: &'static str) -> String {
    let (source, _) = source(&[(400, body)]);
    match source.get("ANTHROPIC_API_KEY").await {
        Err(SecretError::Refused(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn many_who_ask_at_once_make_one_call() {
    let (source, replay) = source(&[(200, FOUND), OUTAGE]);
    let asking: Vec<_> = (0..10).map(|_| said(&source)).collect();
    assert_eq!(futures::future::join_all(asking).await, vec![Some("sk-1".to_owned()); 10]);
    assert_eq!(replay.asked(), [r#"{"SecretId":"t/anthropic-api-key"}"#]);
}

#[tokio::test]
async fn a_secret_without_a_value_is_none() {
    for body in [ABSENT, EMPTY] {
        assert_eq!(said(&source(&[(400, body)]).0).await, None);
    }
}

#[tokio::test]
async fn an_outage_at_first_may_work_later() {
    let (source, _) = source(&[OUTAGE, (200, FOUND)]);
    let error = source.get("ANTHROPIC_API_KEY").await.unwrap_err();
    assert!(matches!(error, SecretError::Unavailable(_)), "{error}");
    assert_eq!(said(&source).await.as_deref(), Some("sk-1"));
}

#[tokio::test]
async fn a_missing_permission_is_named_with_the_secret() {
    let text = refusal(r#"{"__type":"AccessDeniedException","Message":"User: arn:aws:sts::111122223333:assumed-role/worker/1 is not authorized to perform: secretsmanager:GetSecretValue on resource: t/anthropic-api-key because no identity-based policy allows the secretsmanager:GetSecretValue action"}"#).await;
    assert!(text.starts_with(
        "secretsmanager:GetSecretValue on the secret `t/anthropic-api-key` is denied: a policy of this identity \
         must allow it (AccessDeniedException: User"
    ), "{text}");
}

#[tokio::test]
async fn what_cannot_be_used_is_said_with_the_fix() {
    let text = refusal(r#"{"__type":"InvalidRequestException","Message":"You can't perform this operation on the secret because it was marked for deletion."}"#).await;
    assert!(text.contains("restore-secret --secret-id t/anthropic-api-key"), "{text}");
    let (source, _) =
        source(&[(200, r#"{"Name":"t/anthropic-api-key","SecretBinary":"c2stMQ=="}"#)]);
    let error = source.get("ANTHROPIC_API_KEY").await.unwrap_err().to_string();
    assert!(error.contains("--secret-string") && !error.contains("sk-1"), "{error}");
}

#[tokio::test]
async fn no_error_shows_the_value() {
    // Cut off in the middle of the answer.
    let (source, _) = source(&[(200, r#"{"Name":"t/anthropic-api-key","SecretString":"sk-1"#)]);
    let error = source.get("ANTHROPIC_API_KEY").await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("sk-1"), "{error:?}");
}

#[tokio::test]
async fn a_value_is_the_whole_text_and_an_empty_one_is_none() {
    let (json, _) = source(&[(200, r#"{"SecretString":"{\"key\":\"sk-1\"}"}"#)]);
    assert_eq!(said(&json).await.as_deref(), Some(r#"{"key":"sk-1"}"#));
    let (empty, _) = source(&[(200, r#"{"SecretString":""}"#)]);
    assert_eq!(said(&empty).await, None);
}
