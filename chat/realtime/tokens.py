"""Session tokens: signed, 10 minutes, role and person inside; never in a URL.

They prove who opened the session; whether that person is still welcome is asked again (agents: the roster;
visitors: the blocked flag) by whoever lets them in.
"""

from __future__ import annotations

import time
from typing import Any, Final, cast

import msgspec
from django.core import signing

from chat.conversation import Participant, ParticipantKind
from chat.errors import KefuError
from chat.ports import roster
from chat.protocol.entry import now_ms

LIFETIME_S: Final = 600
_SALT: Final = "kefu.session"


class Claims(msgspec.Struct, frozen=True):
    """What a token says. `site` and `conversation` only for visitors; `expires_at` in ms since the epoch."""

    kind: ParticipantKind
    id: str
    name: str | None
    site: str | None
    conversation: str | None
    expires_at: int


def issue(
    participant: Participant, site: str | None = None, conversation: str | None = None
) -> tuple[str, int]:
    """A token for the participant and when it ends (ms since the epoch)."""
    expires_at = now_ms() + LIFETIME_S * 1000
    claims = {
        "k": participant.kind,
        "i": participant.id,
        "n": participant.name,
        "s": site,
        "c": conversation,
        "e": expires_at,
    }
    return signing.dumps(claims, salt=_SALT), expires_at


def read(token: str) -> Claims:
    """The claims of a genuine, living token. Raises `unauthorized` or `token_expired`. No I/O."""
    try:
        # A clock that jumped back must not make fresh tokens look old: only our own `e` decides, not the
        # signer's age.
        claims = cast(dict[str, Any], signing.loads(token, salt=_SALT))
        found = Claims(claims["k"], claims["i"], claims["n"], claims["s"], claims["c"], claims["e"])
    except (signing.BadSignature, KeyError, TypeError, ValueError, UnicodeError):
        raise KefuError("unauthorized", "the session token is not valid") from None
    if found.expires_at <= time.time() * 1000:
        raise KefuError("token_expired", "the session token has expired")
    return found


def visitor_of(claims: Claims) -> Participant:
    """The visitor a token was issued to."""
    sites = frozenset((claims.site,)) if claims.site else frozenset()
    return Participant("visitor", claims.id, claims.name, sites)


def participant_of(claims: Claims) -> Participant:
    """Whom a token stands for now. Reads the database for agents. Raises `unauthorized` when disabled."""
    if claims.kind == "visitor":
        return visitor_of(claims)
    agent = roster().refresh(claims.id) if claims.kind == "agent" else None
    if agent is None:
        raise KefuError("unauthorized", "the session token is not valid")
    return agent


def verify(token: str) -> Participant:
    """`participant_of(read(token))`, for views."""
    return participant_of(read(token))
