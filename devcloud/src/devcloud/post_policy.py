"""The policy of a browser's upload to S3 (presigned POST): check its conditions and its signature as S3 does."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

# Fields that a policy need not mention.
_FREE_FIELDS = {"policy", "x-amz-signature", "awsaccesskeyid", "file", "signature"}


class PostRefused(Exception):
    """S3 refuses the upload. `status`, `code` and `details` are those of its XML error."""

    def __init__(self, status: int, code: str, message: str, **details: int) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.details = details


def check_post(fields: Mapping[str, str], bucket: str, size: int, secret: str | None, now: datetime) -> None:
    """Check an upload of `size` bytes. `fields` are the form's, in lower case; `secret` is None if it is not known.

    Raises PostRefused.
    """
    encoded = fields.get("policy", "")
    if not encoded:
        raise PostRefused(403, "AccessDenied", "Access Denied")
    try:
        policy = json.loads(base64.b64decode(encoded, validate=True))
        expires = datetime.fromisoformat(policy["expiration"])
        conditions = list(policy["conditions"])
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise PostRefused(400, "InvalidPolicyDocument", "Invalid Policy: Invalid JSON.") from error
    if secret is not None and not _is_signed(fields, encoded, secret):
        raise PostRefused(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key and "
            "signing method.",
        )
    if expires <= now:
        raise PostRefused(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
    _check_conditions(conditions, {**fields, "bucket": bucket}, size)


def _check_conditions(conditions: list[Any], fields: dict[str, str], size: int) -> None:
    named = {"bucket"}
    for condition in conditions:
        if isinstance(condition, dict):
            for name, value in condition.items():
                named.add(name.lower())
                _require(fields.get(name.lower()) == str(value), ["eq", f"${name}", value])
            continue
        kind, name, value = condition
        if kind == "content-length-range":
            _check_size(size, int(name), int(value))
            continue
        field = str(name).removeprefix("$").lower()
        named.add(field)
        given = fields.get(field, "")
        _require(given == value if kind == "eq" else given.startswith(str(value)), condition)
    extra = sorted(name for name in fields if name not in named | _FREE_FIELDS and not name.startswith("x-ignore-"))
    if extra:
        raise PostRefused(403, "AccessDenied", f"Invalid according to Policy: Extra input fields: {', '.join(extra)}")


def _require(is_fulfilled: bool, condition: Any) -> None:
    if not is_fulfilled:
        written = json.dumps(condition)
        raise PostRefused(403, "AccessDenied", f"Invalid according to Policy: Policy Condition failed: {written}")


def _check_size(size: int, least: int, most: int) -> None:
    if size > most:
        raise PostRefused(
            400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size",
            ProposedSize=size, MaxSizeAllowed=most,
        )  # fmt: skip
    if size < least:
        raise PostRefused(
            400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size",
            ProposedSize=size, MinSizeAllowed=least,
        )  # fmt: skip


def _is_signed(fields: Mapping[str, str], policy: str, secret: str) -> bool:
    """Return whether the signature of a policy is right, in version 4 or in version 2."""
    if "x-amz-credential" not in fields:
        digest = hmac.new(secret.encode(), policy.encode(), hashlib.sha1).digest()
        return hmac.compare_digest(base64.b64encode(digest).decode(), fields.get("signature", ""))
    key = f"AWS4{secret}".encode()
    for part in [*fields["x-amz-credential"].split("/")[1:], policy]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.compare_digest(key.hex(), fields.get("x-amz-signature", ""))
