"""The first frame: who is it, what do they follow, what did they miss."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from django.conf import settings
from django.db import Error as DatabaseError

from chat import metrics, posting, sites
from chat.blocking import in_thread
from chat.coalescing import Coalescer
from chat.conversation import Participant, may_read
from chat.errors import KefuError
from chat.models import Conversation, ConversationStatus
from chat.protocol.commands import Hello
from chat.protocol.entry import now_ms
from chat.realtime import revocation, tokens
from chat.realtime.outlet import Outlet
from chat.realtime.session import ClientSession
from chat.receipts import unread_counts

MAX_LISTED: Final = 200  # conversations in an agent's welcome
UNREAD_WAIT_S: Final = 2.0

_HELLOS: Final = metrics.FRAMES.labels(type="hello", direction="in")

_unread_of_visitors: Coalescer[int] = Coalescer(lambda keys: unread_counts(keys, "visitor"))


async def greet(outlet: Outlet, form: Any, hello: Hello, ref: str | None, address: str = "") -> ClientSession:
    """Let a client in: `welcome`, then what it missed. Raises `KefuError` when the token is refused.

    Nothing is sent before the session is whole, so a refused client gets only its close code.
    """
    _HELLOS.inc()
    claims = tokens.read(hello.token)
    if claims.kind == "visitor":
        participant = tokens.visitor_of(claims)
    elif claims.kind == "agent":
        participant = await in_thread(tokens.participant_of, claims)
    else:
        raise KefuError("unauthorized", "this token opens no connection")
    if revocation.is_revoked(participant, address):
        raise KefuError("forbidden", "no longer allowed")
    session = ClientSession(outlet, form, participant, settings.KEFU_RATE_LIMIT)
    session.claims = claims
    session.address = address
    session.zstd = form.binary and "zstd" in hello.features
    try:
        await _welcome(session, hello, ref)
    except BaseException:
        session.end()
        raise
    return session


async def _welcome(session: ClientSession, hello: Hello, ref: str | None) -> None:
    participant = session.participant
    if participant.kind == "visitor":
        conversations = await _of_visitor(session)
    else:
        conversations = await in_thread(_of_agent, participant)
        session.follow_sites(await in_thread(sites_of, participant))
    session.frame(
        "welcome",
        {
            "session": session.key,
            "role": participant.kind,
            "heartbeat_s": settings.KEFU_HEARTBEAT_S,
            "server_time": now_ms(),
            "conversations": conversations,
        },
        ref,
    )
    for conversation, after_seq in hello.resume.items():
        await resume(session, conversation, after_seq)
    if participant.kind == "visitor":
        for row in conversations:
            if row["id"] not in session.positions:
                await resume(session, row["id"], None, quiet=True)


async def resume(
    session: ClientSession,
    conversation: str,
    after_seq: int | None,
    ref: str | None = None,
    quiet: bool = False,
) -> None:
    """Follow a conversation from `after_seq` on (its head when None) and send what was missed.

    `quiet`: follow without a word (a visitor's own conversation when the client resumed nothing).
    An unknown or forbidden conversation is answered with one `error not_found`.
    """
    try:
        known = await posting.look(conversation)
        if not may_read(known.state, session.participant):
            raise KefuError("not_found", "no such conversation")
        # A client ahead of the log (an emptied journal, a forged number) is put back to the log's head.
        start = known.head if after_seq is None else min(after_seq, known.head)
        session.follow(conversation, start)
        if quiet:
            return
        whole = await session.catch_up(conversation)
    except KefuError as error:
        if error.retryable:
            raise  # the log cannot be read just now: the client tries again
        if not quiet:
            metrics.RESUMES.labels(outcome="refused").inc()
            session.error(KefuError(error.code, error.message, details={"conversation": conversation}), ref)
        return
    metrics.RESUMES.labels(outcome="resumed" if whole else "resync").inc()
    if whole:
        head = session.positions.get(conversation, start)
        session.frame("resumed", {"conversation": conversation, "head": head}, ref)


async def _of_visitor(session: ClientSession) -> list[dict[str, Any]]:
    conversation = session.claims.conversation
    if conversation is None:
        return []
    try:
        known = await posting.look(conversation)
    except KefuError as error:
        if error.code == "not_found":
            return []
        raise
    if not may_read(known.state, session.participant):
        return []
    unread = await _unread(conversation) if known.head else 0
    return [{"id": conversation, "status": known.state.status, "head": known.head, "unread": unread}]


async def _unread(conversation: str) -> int:
    """For the badge alone, so nobody is kept out while the database is away."""
    try:
        async with asyncio.timeout(UNREAD_WAIT_S):
            return await _unread_of_visitors.get(conversation) or 0
    except (TimeoutError, DatabaseError):
        return 0


def _of_agent(agent: Participant) -> list[dict[str, Any]]:
    rows = list(
        Conversation.objects.filter(agent_id=agent.id)
        .exclude(status=ConversationStatus.CLOSED)
        .order_by("-last_at")
        .values("id", "status", "head", "site_id")[:MAX_LISTED]
    )
    rows = [row for row in rows if agent.serves(str(row["site_id"]))]
    unread = unread_counts([str(row["id"]) for row in rows], "agent")
    return [
        {
            "id": str(row["id"]),
            "status": row["status"],
            "head": row["head"],
            "unread": unread.get(str(row["id"]), 0),
        }
        for row in rows
    ]


def sites_of(agent: Participant) -> tuple[str, ...]:
    """The sites an agent answers for now. May touch the database."""
    return tuple(sorted(sites.all_ids() if agent.sites is None else agent.sites))
