"""What each client frame does once somebody is let in. Bad input never ends a connection."""

from __future__ import annotations

import logging
from typing import Any

from django.db import Error as DatabaseError

from chat import metrics, posting, receipts, sites
from chat.blocking import in_thread
from chat.conversation import may_read
from chat.delivery.hub import Signal
from chat.delivery.outbound import outbound
from chat.errors import KefuError
from chat.journal import reader
from chat.journal.base import JournalUnavailable
from chat.protocol.commands import (
    CLIENT_FRAMES,
    FrameError,
    Hello,
    Ping,
    Receipt,
    RenewToken,
    SendPayload,
    Subscribe,
    Typing,
    Unsubscribe,
    Viewing,
)
from chat.realtime import hello, revocation, tokens
from chat.realtime.limits import MAX_REFUSED
from chat.realtime.session import ClientSession
from chat.realtime.viewing import viewers
from chat.states import cached

logger = logging.getLogger(__name__)

_IN = {name: metrics.FRAMES.labels(type=name, direction="in") for name in (*CLIENT_FRAMES, "unknown")}


#: How our own clients begin the frame that is hot; one that orders its keys otherwise goes the long way.
_SEND_BEGINS = '{"type":"message.send"'


def take_send(session: ClientSession, text: str) -> bool:
    """Take a `message.send` where it stands, without a turn of the event loop; False: not taken.

    The future, the task's turn and the ASGI message in between cost as much as posting itself.
    """
    if session.closed or not text.startswith(_SEND_BEGINS):
        return False
    try:
        incoming = session.form.parse(text)
        command = incoming.command
        if type(command) is not SendPayload:
            return False
        _IN[incoming.type].inc()
        if session.bucket is None or _throttle(session, incoming.ref):
            session.send(command, incoming.ref)
    except FrameError:
        return False  # the long way answers it
    except Exception:
        logger.exception("a message could not be taken")
        session.close(4500)
    return True


async def dispatch(session: ClientSession, data: str | bytes) -> None:
    """Take one frame. Never raises for anything a client sends."""
    try:
        incoming = session.form.parse(data)
    except FrameError as error:
        _IN["unknown"].inc()
        session.error(error, error.ref)
        _throttle(session, None)
        return
    _IN[incoming.type].inc()
    command, ref = incoming.command, incoming.ref
    if session.bucket is not None and not _throttle(session, ref):
        return
    if type(command) is SendPayload:
        session.send(command, ref)
        return
    try:
        await _other(session, command, ref)
    except KefuError as error:
        session.error(error, ref)
    except DatabaseError:
        session.error(KefuError("database_unavailable", "try again", retry_after_s=1), ref)
    except Exception:
        logger.exception("a frame could not be answered", extra={"frame": incoming.type})
        session.error(KefuError("internal", "something failed on our side; try again"), ref)


def refuse_form(session: ClientSession) -> None:
    """Answer a frame in the form that the first one did not choose."""
    session.error(KefuError("bad_frame", "one form per connection: the first frame chose it"))
    _throttle(session, None)


def _throttle(session: ClientSession, ref: str | None) -> bool:
    bucket = session.bucket
    if bucket is None:
        return True
    wait = bucket.take()
    if wait == 0.0:
        return True
    if bucket.refused > MAX_REFUSED:
        session.close(4429)
    else:
        session.error(KefuError("rate_limited", "too fast", retry_after_s=round(max(wait, 0.1), 1)), ref)
    return False


async def _other(session: ClientSession, command: Any, ref: str | None) -> None:
    match command:
        case Ping():
            session.frame("pong", {"heads": await _heads(session)}, ref)
        case Typing():
            await _typing(session, command)
        case Viewing(conversation=conversation, on=on):
            if not session.internal:
                raise KefuError("forbidden", "only agents say what they have open")
            await _allowed(session, conversation)
            viewers.say(session, conversation, on)
        case Receipt():
            await _receipt(session, command)
        case Subscribe():
            if not session.internal:
                raise KefuError("forbidden", "visitors follow their own conversation by themselves")
            await hello.resume(session, command.conversation, command.after_seq, ref)
        case Unsubscribe():
            if not session.internal:
                raise KefuError("forbidden", "visitors follow their own conversation by themselves")
            session.unfollow(command.conversation)
        case RenewToken():
            await _renew(session, ref)
        case Hello():
            raise KefuError("bad_frame", "hello was said already")


async def _heads(session: ClientSession) -> dict[str, int]:
    followed = list(session.positions)
    try:
        if len(followed) == 1:
            head = await reader().head(followed[0])
            heads = {} if head is None else {followed[0]: head.head}
        else:
            heads = {name: head.head for name, head in (await reader().heads(followed)).items()}
    except JournalUnavailable:
        heads = {}
    # What the journal holds no more has been silent for long: where we stand is the head.
    return {name: max(heads.get(name, 0), session.positions.get(name, 0)) for name in followed}


async def _allowed(session: ClientSession, conversation: str) -> str:
    """The conversation's site, when this participant may take part in it. Raises `not_found`."""
    known = cached(conversation) or await posting.look(conversation)
    if not may_read(known.state, session.participant):
        raise KefuError("not_found", "no such conversation")
    return known.state.site


async def _typing(session: ClientSession, command: Typing) -> None:
    site = await _allowed(session, command.conversation)
    payload: dict[str, Any] = {
        "conversation": command.conversation,
        "on": command.on,
        "sender": _sender(session),
    }
    if command.preview is not None and not session.internal:
        # What is being typed must not hold up what is sent while the database hangs.
        config = sites.at_hand(site)
        if config is None:
            config = await in_thread(sites.by_id, site)
        if config.typing_preview:
            payload["preview"] = command.preview
    outbound.signal(Signal(command.conversation, "typing", payload), session.origin)


async def _receipt(session: ClientSession, command: Receipt) -> None:
    await _allowed(session, command.conversation)
    if command.delivered is None and command.read is None:
        raise KefuError("invalid", "a receipt says what was delivered or read")
    position = session.positions.get(command.conversation, 0)
    if position < max(command.delivered or 0, command.read or 0):
        # Not followed here, or a poll's POST, which stands where it began. Nobody reads ahead of the log.
        known = await posting.look(command.conversation)
        position = known.head
    delivered = None if command.delivered is None else min(command.delivered, position)
    read = None if command.read is None else min(command.read, position)
    receipts.note(command.conversation, session.participant.kind, delivered or 0, read or 0)
    payload = {
        "conversation": command.conversation,
        "delivered": delivered,
        "read": read,
        "sender": _sender(session),
    }
    outbound.signal(Signal(command.conversation, "receipt", payload), session.origin)


async def _renew(session: ClientSession, ref: str | None) -> None:
    claims = session.claims
    if session.participant.kind == "agent":
        session.act_as(await in_thread(tokens.participant_of, claims))
    if revocation.is_revoked(session.participant):
        session.close(4403)
        return
    token, expires_at = tokens.issue(session.participant, claims.site, claims.conversation)
    session.frame("token", {"token": token, "expires_at": expires_at}, ref)


def _sender(session: ClientSession) -> dict[str, Any]:
    who = session.participant
    return {"kind": who.kind, "id": who.id, "name": who.name}
