"""Default of primary keys."""

from __future__ import annotations

import secrets
import time
import uuid


def new_uuid() -> uuid.UUID:
    """A time-ordered UUID (RFC 9562, version 7)."""
    head = (time.time_ns() // 1_000_000 & 0xFFFF_FFFF_FFFF) << 80
    tail = secrets.randbits(74)
    return uuid.UUID(int=head | 0x7 << 76 | (tail >> 62) << 64 | 0b10 << 62 | tail & (1 << 62) - 1)
