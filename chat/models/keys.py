"""Defaults of columns: ids, public keys, secrets."""

from __future__ import annotations

import secrets
import uuid

from chat.protocol.entry import new_id


def new_uuid() -> uuid.UUID:
    """A time-ordered UUID (version 7) for primary keys."""
    return uuid.UUID(new_id())


def new_public_key() -> str:
    """A site's public key: 12 unguessable characters, safe in URLs."""
    return secrets.token_urlsafe(9)


def new_secret() -> str:
    """A site's signing secret: 256 bits in hex."""
    return secrets.token_hex(32)
