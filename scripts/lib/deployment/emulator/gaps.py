"""Where the emulator differs from AWS in what every installation meets."""

from ministack import app
from ministack.services import secretsmanager


def close() -> None:
    speak_tls()
    keep_secrets_empty()


def speak_tls() -> None:
    """It has no TLS, which policies of queues and buckets demand."""
    origin = app.pin_request_origin
    app.pin_request_origin = lambda address, _: origin(address, True)


def keep_secrets_empty() -> None:
    """A secret that was made without a value has no version, where the emulator has one without a value."""
    version_at = secretsmanager._find_stage_version

    def with_value(secret, stage):
        name, version = version_at(secret, stage)
        if version and version.get("SecretString") is None and version.get("SecretBinary") is None:
            return None, None
        return name, version

    secretsmanager._find_stage_version = with_value
