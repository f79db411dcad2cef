//! Signatures by which receivers know that a callback comes from here and is new.
//!
//! <https://www.standardwebhooks.com>: HMAC-SHA256 over `id.timestamp.body`, with a secret written `whsec_` and base64.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use agent_runner_domain::{
    Timestamp,
    ports::{Secret, SecretSource},
};
use anyhow::{Context, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::random;

const PREFIX: &str = "whsec_";
const FILE: &str = "callback-secret";
/// What the convention asks for.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Holds the secret.
#[derive(Clone)]
pub struct Signer {
    key: Vec<u8>,
}

/// How the signer is come by.
pub enum Signing {
    With(Signer),
    /// By the secret of this name, which is asked for with each callback: it may be made or changed meanwhile. `fix`
    /// says how to make it.
    Kept {
        secrets: Arc<dyn SecretSource>,
        name: &'static str,
        fix: String,
    },
}

impl Signing {
    pub(super) async fn signer(&self) -> Result<Signer, String> {
        match self {
            Self::With(signer) => Ok(signer.clone()),
            Self::Kept { secrets, name, fix } => {
                let found = secrets.get(name).await.map_err(|error| error.to_string())?;
                let found =
                    found.ok_or_else(|| format!("there is no secret to sign with: {fix}"))?;
                let found = Secret::new(found.reveal().trim());
                Signer::parse(&found).map_err(|error| format!("{error}: {fix}"))
            }
        }
    }
}

/// The headers of a signed callback.
pub(super) struct Signed {
    pub(super) timestamp: String,
    pub(super) signature: String,
}

impl Signer {
    /// The secret of the named file, else the one in the data folder, which is made when it is missing.
    ///
    /// # Errors
    /// When the file cannot be read or holds no secret; names the file.
    pub fn load(named: Option<&Path>, data: &Path) -> anyhow::Result<Self> {
        let path = named.map_or_else(|| data.join(FILE), PathBuf::from);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => make(&path),
            read => read,
        };
        Self::of_file(text, &path)
    }

    /// The secret of the named file.
    ///
    /// # Errors
    /// When the file cannot be read or holds no secret; names the file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        Self::of_file(fs::read_to_string(path), path)
    }

    fn of_file(text: io::Result<String>, path: &Path) -> anyhow::Result<Self> {
        let text =
            text.with_context(|| format!("the callback secret {} cannot be read", path.display()))?;
        Self::parse(&Secret::new(text.trim()))
            .with_context(|| format!("{} holds no callback secret", path.display()))
    }

    fn parse(secret: &Secret) -> anyhow::Result<Self> {
        let wanted = "a callback secret is whsec_ and the base64 of 24 to 64 random bytes";
        let key = secret.reveal().strip_prefix(PREFIX).context(wanted)?;
        let key = BASE64_STANDARD.decode(key).context(wanted)?;
        ensure!(KEY_BYTES.contains(&key.len()), wanted);
        Ok(Self { key })
    }

    pub(super) fn sign(&self, id: &str, at: Timestamp, body: &str) -> Signed {
        let timestamp = at.as_millis().div_euclid(1_000).to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("any length will do");
        for part in [id, ".", &timestamp, ".", body] {
            mac.update(part.as_bytes());
        }
        let code = BASE64_STANDARD.encode(mac.finalize().into_bytes());
        Signed { timestamp, signature: format!("v1,{code}") }
    }
}

/// For this user's eyes only, from its first moment on.
fn make(path: &Path) -> io::Result<String> {
    let secret = format!("{PREFIX}{}", BASE64_STANDARD.encode(random::bytes::<32>()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{secret}")?;
    file.sync_all()?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_conventions_own_example() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signer = Signer::parse(&secret).unwrap();
        let at = Timestamp::from_millis(1_614_265_330_000);
        let made = signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, r#"{"test": 2432232314}"#);
        assert_eq!(made.timestamp, "1614265330");
        assert_eq!(made.signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn the_secret_is_made_once_and_for_the_owner_only() {
        let data = tempfile::tempdir().unwrap();
        let first = Signer::load(None, data.path()).unwrap();
        assert_eq!(Signer::load(None, data.path()).unwrap().key, first.key);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(data.path().join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        for text in ["", "whsec_", "whsec_AAAA", "whsec_!!!!", "plJ3nmyCDGBKInavdOK15jsl"] {
            assert!(Signer::parse(&Secret::new(text)).is_err(), "{text}");
        }
    }
}
