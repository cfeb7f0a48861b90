"""Addresses of files: each is a capability for one file that ends within the hour, and holds no session
token.

The end is rounded up to ten minutes, so that reading a thread again gives the same addresses and the
browser's cache keeps its pictures; so an address lives 50 to 60 minutes.
"""

from __future__ import annotations

import base64
import hmac
import time
from typing import Final, Literal
from urllib.parse import quote

import msgspec
from django.utils.crypto import salted_hmac

from chat.protocol.entry import Attachment

MAX_LIFETIME_S: Final = 3600
_STEP_S: Final = 600
_SALT: Final = "kefu.files"

Variant = Literal["original", "thumbnail"]


def sign_attachment(attachment: Attachment) -> Attachment:
    """The attachment with fresh `url` and, for pictures, `thumbnail_url`; both are paths on this server."""
    expires = (int(time.time()) + MAX_LIFETIME_S) // _STEP_S * _STEP_S
    picture = attachment.width is not None and attachment.type.startswith("image/")
    return msgspec.structs.replace(
        attachment,
        url=file_url(attachment.id, attachment.name, "original", expires),
        thumbnail_url=file_url(attachment.id, attachment.name, "thumbnail", expires) if picture else None,
    )


def file_url(upload_id: str, name: str, variant: Variant, expires: int) -> str:
    """The path of one file until `expires` (seconds since the epoch).

    The name is for people; nothing trusts it.
    """
    folder = f"/files/{upload_id}/" + ("thumbnail/" if variant == "thumbnail" else "")
    return f"{folder}{quote(name, safe='')}?expires={expires}&signature={_sign(upload_id, variant, expires)}"


def seconds_left(upload_id: str, variant: Variant, expires: str, signature: str) -> int | None:
    """How long an address still holds; None when it is forged, over, or promises more than an hour."""
    if not (expires.isascii() and expires.isdigit() and len(expires) <= 12):
        return None
    genuine = hmac.compare_digest(
        _sign(upload_id, variant, int(expires)).encode(), signature.encode(errors="replace")
    )
    left = int(expires) - int(time.time())
    return left if genuine and 0 < left <= MAX_LIFETIME_S else None


def _sign(upload_id: str, variant: Variant, expires: int) -> str:
    mac = salted_hmac(_SALT, f"{upload_id}:{variant}:{expires}", algorithm="sha256").digest()
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
