//! Reading one object of a bucket, and telling what is not there from what must not be read.
//!
//! S3 says 404 for a missing object only to those who may list the bucket, and 403 to all others (API reference of `GetObject`,
//! "Permissions"). Workers may list what begins with `jobs/`, by a condition on `s3:prefix`, and AWS does not say what
//! that means for a single object: Ceph, which follows it, takes the key for the prefix and says 404 (ceph/ceph#68577); others
//! were told 403. So a refusal is followed by a look at the list, which that same permission allows.

use aws_sdk_s3::{
    Client,
    operation::get_object::{GetObjectError, GetObjectOutput},
    types::ChecksumMode,
};

use crate::fault::{Fault, Trouble};

/// `None`: there is no such object.
pub(crate) async fn read(
    s3: &Client,
    bucket: &str,
    key: &str,
) -> Result<Option<GetObjectOutput>, Fault> {
    let get = s3.get_object().bucket(bucket).key(key).checksum_mode(ChecksumMode::Enabled);
    match get.send().await {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => {
            Ok(None)
        }
        Err(error) => {
            let on = format!("`{key}` in the bucket `{bucket}`");
            let fault = Fault::of(&error, "s3:GetObject", &on);
            let absent = fault.trouble == Trouble::Denied && lacks(s3, bucket, key).await;
            if absent { Ok(None) } else { Err(fault) }
        }
    }
}

/// Whether the bucket is known to have no such object. What is called like the prefix itself is listed first.
async fn lacks(s3: &Client, bucket: &str, key: &str) -> bool {
    let listed = s3.list_objects_v2().bucket(bucket).prefix(key).max_keys(1).send().await;
    listed.is_ok_and(|page| page.contents().iter().all(|found| found.key() != Some(key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::Replay;

    const DENIED: (u16, &str) =
        (403, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>");
    const NOTHING: (u16, &str) =
        (200, "<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>");
    const IT: (u16, &str) = (
        200,
        "<ListBucketResult><KeyCount>1</KeyCount><Contents><Key>jobs/a</Key></Contents></ListBucketResult>",
    );
    const ANOTHER: (u16, &str) = (
        200,
        "<ListBucketResult><KeyCount>1</KeyCount><Contents><Key>jobs/ab</Key></Contents></ListBucketResult>",
    );

    /// Whether it was there.
    async fn found(answers: [(u16, &'static str); 2]) -> Result<bool, String> {
        let s3 = Client::new(&Replay::new(answers).config());
        let found = read(&s3, "b", "jobs/a").await;
        found.map(|found| found.is_some()).map_err(|fault| fault.to_string())
    }

    #[tokio::test]
    async fn what_is_not_there_is_told_from_what_must_not_be_read() {
        assert_eq!(found([DENIED, NOTHING]).await, Ok(false));
        assert_eq!(found([DENIED, ANOTHER]).await, Ok(false));
        for listed in [IT, DENIED] {
            let fault = found([DENIED, listed]).await.unwrap_err();
            assert_eq!(
                fault,
                "s3:GetObject on `jobs/a` in the bucket `b` is denied: a policy of this identity must allow it, or it is \
                 not there, or the bucket is another account's (AccessDenied: Access Denied)"
            );
        }
    }
}
