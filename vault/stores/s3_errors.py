"""Translation of server refusals and network failures into the vault's errors, worded for an operator.

Codes are those of S3 and of the servers that add their own; https://docs.aws.amazon.com/AmazonS3/latest/API/
(Error Responses). A HEAD has no body and so no code: the client library makes one from its status. No text
of the server is repeated.
"""

from __future__ import annotations

from collections.abc import Mapping

from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from vault.errors import DiskFull, ObjectMissing, StoreRefused, StoreUnavailable, VaultError, WriteFailed

_MISSING = frozenset({"NoSuchKey", "NoSuchVersion", "MethodNotAllowed"})
"""Codes for a missing object, a missing version, and a delete marker requested by its id."""
_FULL = frozenset(
    {"QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded"}
    | {"StorageLimitExceeded", "XMinioStorageQuotaExceeded"}
)
_BUSY = frozenset({"SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "Busy"})
_REFUSED: Mapping[str, str] = {
    "InvalidAccessKeyId": "it does not know the access key in the credentials file",
    "SignatureDoesNotMatch": "the secret key in the credentials file is not the one it knows",
    "AccessDenied": "its user is not allowed to do this, or is disabled; see the policy of the bucket",
    "UserSuspended": "its user is disabled",
    "AllAccessDisabled": "its user is disabled",
    "RequestTimeTooSkewed": "its clock and this machine's are more than 15 minutes apart; set them right",
    "RequestExpired": "its clock and this machine's are more than 15 minutes apart; set them right",
    "NoSuchBucket": "there is no such bucket",
    "PermanentRedirect": "the bucket belongs to another region than the settings say",
    "AuthorizationHeaderMalformed": "the bucket belongs to another region than the settings say",
}


class BeyondTheEnd(StoreRefused):
    """The requested range begins at the end of the object, or later."""


class NoLocks(StoreRefused):
    """The bucket was made without object lock."""


def error_of(place: str, key: str, code: str, status: int, writing: bool) -> VaultError:
    """Return the vault's error for a server's refusal."""
    if code in _MISSING:
        return ObjectMissing(key)
    if code in _FULL or status == 507:
        return DiskFull(f"{place} has no space or quota left")
    if code in _REFUSED:
        return StoreRefused(f"{place} refuses: {_REFUSED[code]}")
    if code == "InvalidRange":
        return BeyondTheEnd(place)
    if code == "ObjectLockConfigurationNotFoundError":
        return NoLocks(f"{place} has no object lock")
    if code in _BUSY or status >= 500:
        return StoreUnavailable(f"{place} failed ({code or status}); a later attempt may succeed")
    if writing:
        return WriteFailed(f"{place} did not take {key}: {code or status}")
    return StoreRefused(f"{place} refuses: {code or status}")


def network_error(error: HTTPError) -> str:
    """Describe a failure on the way to a server, as the end of a sentence about it."""
    if isinstance(error, NameResolutionError):
        return "is not found: no such host name"
    if isinstance(error, NewConnectionError):
        return "cannot be reached: connection refused, or no way there"
    if isinstance(error, ConnectTimeoutError):
        return "cannot be reached: nothing answers in time"
    if isinstance(error, ReadTimeoutError):
        return "does not answer in time"
    if isinstance(error, SSLError):
        return "has no certificate that is trusted here; name its authority (ca=…)"
    return f"broke the connection off ({type(error).__name__})"
