"""Visitors and their sessions: who somebody is, which conversation is theirs, and the token that says so.

A visitor's token is derived from the visitor's id with the server's key, so a signed user gets the same one
on every device without it being stored; the database holds only its SHA-256, by which it is found.
"""

from __future__ import annotations

import base64
import hashlib
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from chat import blocks, ports, sites
from chat.conversation import Participant, State, decode_state
from chat.errors import KefuError
from chat.journal.base import Head, JournalUnavailable
from chat.models import Channel, Conversation, ConversationStatus, Visitor, new_uuid
from chat.search.indexing import index_visitor, visitor_words
from chat.sites import SiteConfig

_ATTEMPTS: Final = 4
"""Rounds of "read, else make" before giving up: each lost race means that somebody else has made it."""

_MAX_CLOSED_LOOKED_AT: Final = 10

_FOUND_BY: Final = frozenset(("name", "email", "phone", "external_id"))
"""Columns that search looks at.
"""

_CLAIM_S: Final = 0.1
"""Seconds a reopening needs at most between claiming the row and writing the act: a group commit takes 1 to
20 ms.
"""


class UserClaim(msgspec.Struct, frozen=True):
    """What a page says about its user.

    Only `id` together with a valid hash proves anything; the rest is shown.
    """

    id: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    avatar_url: str | None = None
    attributes: dict[str, Any] | None = None


class SessionRequest(msgspec.Struct, frozen=True):
    """A visitor at the door.

    `origin` and `host` are the request's headers, `page` is {url, title, referrer}; `channel` is a
    `chat.models.Channel`, kept with a conversation that is made now;
    `address` is where the request comes from.
    """

    site: str
    host: str
    origin: str | None = None
    visitor_token: str | None = None
    user: UserClaim | None = None
    user_hash: str | None = None
    page: dict[str, str] | None = None
    locale: str | None = None
    channel: str = Channel.API
    address: str = ""


class Standing(msgspec.Struct, frozen=True):
    """Where a conversation stands now: its status and last seq."""

    id: str
    status: str
    head: int


class SessionOpened(msgspec.Struct, frozen=True):
    """An opened session. `expires_at` in ms since the epoch."""

    token: str
    expires_at: int
    visitor_token: str
    visitor: Participant
    conversation: Standing
    site: SiteConfig


def open_session(request: SessionRequest) -> SessionOpened:
    """Let a visitor in: prove who it is, find or make the visitor and the conversation that is not closed.

    Raises `not_found` (site), `origin_not_allowed`, `bad_user_hash`, `blocked`.
    """
    from chat.realtime import tokens

    site = sites.by_public_key(request.site)
    sites.check_origin(site, request.origin, request.host)
    blocks.refuse_address(request.address, site.id)
    external_id = _proven_user(site, request)
    visitor, visitor_token, standing = _find_or_make(site, external_id, request)
    blocks.refuse_visitor(visitor)
    if standing is None:
        standing = ensure_conversation(site.id, visitor.id, page=request.page, channel=request.channel)
    who = participant_of(visitor)
    token, expires_at = tokens.issue(who, site.id, standing.id)
    return SessionOpened(token, expires_at, visitor_token, who, standing, site)


def participant_of(visitor: Visitor) -> Participant:
    """The visitor as the rest of the room knows people."""
    return Participant("visitor", str(visitor.id), visitor.name or None, frozenset((str(visitor.site_id),)))


def current_participant(visitor_id: str) -> Participant:
    """The visitor as of now. Raises `unauthorized` when it is gone, `blocked` when it is blocked."""
    visitor = Visitor.objects.filter(pk=visitor_id).first()
    if visitor is None:
        raise KefuError("unauthorized", "the visitor no longer exists")
    blocks.refuse_visitor(visitor)
    return participant_of(visitor)


def ensure_conversation(
    site_id: str,
    visitor_id: str | uuid.UUID,
    page: dict[str, str] | None = None,
    channel: str = Channel.API,
) -> Standing:
    """The visitor's conversation that is not closed, made when there is none.

    The row is a projection and may lag behind its log, so the journal has the last word: a row that is open
    here and closed there is closed first, and one that a message has just reopened is taken up again. Of
    two sessions that make one at once, the database's constraint lets one through and the other reads it.
    """
    for _ in range(_ATTEMPTS):
        own = Conversation.objects.filter(site_id=site_id, visitor_id=visitor_id)
        row = own.exclude(status=ConversationStatus.CLOSED).first()
        if row is not None:
            head, state = _truth([row]).get(str(row.id), (None, None))
            if head is not None and state is not None and state.status == "closed":
                # Perhaps a message is just reopening it: the row is claimed a moment before the act is
                # written.
                time.sleep(_CLAIM_S)
                head, state = _truth([row]).get(str(row.id), (head, state))
            if head is None or state is None or state.status != "closed":
                return _standing(row, head, state)
            _project(row, head, state)
            continue
        reopened = _reopened_behind_our_back(site_id, own)
        if reopened is not None:
            return reopened
        try:
            with transaction.atomic():
                row = Conversation.objects.create(
                    site_id=site_id, visitor_id=visitor_id, page=page or {}, channel=channel,
                    status=first_status(site_id),
                )  # fmt: skip
        except IntegrityError:
            continue
        return Standing(str(row.id), row.status, row.head)
    raise KefuError("busy", "the conversation is changing hands; try again", retry_after_s=1)


def first_status(site_id: str) -> str:
    """How a new conversation of the site begins: with the bot where one answers, else in the queue."""
    return ConversationStatus.BOT if ports.bot_answers(site_id) else ConversationStatus.QUEUED


def block(visitor_id: str | uuid.UUID) -> None:
    """Shut a visitor out: no session from now on; open connections end within 5 s. Raises `not_found`."""
    if not Visitor.objects.filter(pk=visitor_id).exists():
        raise KefuError("not_found", "no such visitor")
    Visitor.objects.filter(pk=visitor_id, blocked_at=None).update(blocked_at=timezone.now())


def unblock(visitor_id: str | uuid.UUID) -> None:
    """Let a visitor in again. Raises `not_found`."""
    if not Visitor.objects.filter(pk=visitor_id).update(blocked_at=None):
        raise KefuError("not_found", "no such visitor")


def _proven_user(site: SiteConfig, request: SessionRequest) -> str | None:
    """The site's own user id when the site's server vouches for it; None for everybody else."""
    user_id = request.user.id if request.user is not None else None
    if not request.user_hash:
        return None
    if not user_id:
        raise KefuError("bad_user_hash", "user_hash without user.id")
    sites.check_user_hash(site, user_id, request.user_hash)
    return user_id


def _find_or_make(
    site: SiteConfig, external_id: str | None, request: SessionRequest
) -> tuple[Visitor, str, Standing | None]:
    """The visitor of this session, its token and, when it is new, its first conversation.

    A proven user outranks the token; a foreign token is ignored.
    """
    for _ in range(_ATTEMPTS):
        bearer = _of_token(site, request.visitor_token)
        if external_id is None:
            visitor = bearer
        else:
            visitor = Visitor.objects.filter(site_id=site.id, external_id=external_id).first()
            if visitor is None and bearer is not None and bearer.external_id is None:
                visitor = bearer
        try:
            with transaction.atomic():
                if visitor is None:
                    return _make(site, external_id, request)
                _refresh(visitor, external_id, request)
        except IntegrityError:
            continue  # the same user came through another door at the same moment
        if bearer is not None and bearer.id == visitor.id and request.visitor_token:
            return visitor, request.visitor_token, None
        return visitor, _token_again(visitor), None
    raise KefuError("busy", "the visitor is being made; try again", retry_after_s=1)


def _of_token(site: SiteConfig, token: str | None) -> Visitor | None:
    if not token:
        return None
    return Visitor.objects.filter(token_hash=_hash(token), site_id=site.id).first()


def _make(
    site: SiteConfig, external_id: str | None, request: SessionRequest
) -> tuple[Visitor, str, Standing]:
    """A new visitor and its conversation, in the caller's one transaction: one wait for the disk, not two."""
    visitor = Visitor(id=new_uuid(), site_id=site.id, external_id=external_id, last_seen_at=timezone.now())
    token = _token_of(visitor.id)
    visitor.token_hash = _hash(token)
    _show(visitor, external_id, request)
    visitor.save(force_insert=True)
    if visitor_words(visitor):
        index_visitor(visitor)
    row = Conversation.objects.create(
        site_id=site.id, visitor=visitor, page=request.page or {}, channel=request.channel,
        status=first_status(site.id),
    )  # fmt: skip
    return visitor, token, Standing(str(row.id), row.status, row.head)


def _refresh(visitor: Visitor, external_id: str | None, request: SessionRequest) -> None:
    fields = ["last_seen_at", *_show(visitor, external_id, request)]
    visitor.last_seen_at = timezone.now()
    if external_id is not None and visitor.external_id != external_id:
        visitor.external_id = external_id
        fields.append("external_id")
    visitor.save(update_fields=fields)
    if not _FOUND_BY.isdisjoint(fields):
        index_visitor(visitor)


def _show(visitor: Visitor, external_id: str | None, request: SessionRequest) -> list[str]:
    """Take over what the page says; returns the fields that changed.

    Nobody unproven may rename a user whom the site has vouched for.
    """
    changed: dict[str, Any] = {}
    if request.page:
        changed["page"] = request.page
    if request.locale:
        changed["locale"] = request.locale
    user = request.user
    if user is not None and (visitor.external_id is None or external_id is not None):
        for field in ("name", "email", "phone", "avatar_url"):
            value = getattr(user, field)
            if value:
                changed[field] = value
        if user.attributes is not None:
            changed["attributes"] = user.attributes
    for field, value in changed.items():
        setattr(visitor, field, value)
    return list(changed)


def _token_of(visitor_id: uuid.UUID) -> str:
    """256 bits that only this server can make of the id."""
    mac = salted_hmac("chat.visitors.token", str(visitor_id), algorithm="sha256").digest()
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def _token_again(visitor: Visitor) -> str:
    """The visitor's token for a device that has none; the stored hash follows when the server's key has
    changed.
    """
    token = _token_of(visitor.id)
    if visitor.token_hash != _hash(token):
        Visitor.objects.filter(pk=visitor.pk).update(token_hash=_hash(token))
    return token


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _truth(rows: list[Conversation]) -> dict[str, tuple[Head, State]]:
    """What the journal knows of these conversations; those it does not hold are as their rows say.

    Nothing when the journal is out of reach: a visitor may still come in and read.
    """
    from chat.journal import journal

    try:
        heads = journal().heads([str(row.id) for row in rows])
    except JournalUnavailable:
        return {}
    return {head.conversation: (head, decode_state(head.state)) for head in heads.values()}


def _standing(row: Conversation, head: Head | None, state: State | None) -> Standing:
    if head is None or state is None:
        return Standing(str(row.id), row.status, row.head)
    return Standing(str(row.id), state.status, max(head.head, row.head))


def _reopened_behind_our_back(site_id: str, own: Any) -> Standing | None:
    """A conversation whose row still says closed while a message has reopened its log."""
    since = timezone.now() - timedelta(hours=sites.by_id(site_id).reopen_hours + 1)
    closed = own.filter(Q(closed_at=None) | Q(closed_at__gt=since), status=ConversationStatus.CLOSED)
    rows = list(closed.order_by("-created_at")[:_MAX_CLOSED_LOOKED_AT])
    truth = _truth(rows) if rows else {}
    for row in rows:
        head, state = truth.get(str(row.id), (None, None))
        if head is not None and state is not None and state.status != "closed":
            _project(row, head, state)
            return _standing(row, head, state)
    return None


def _project(row: Conversation, head: Head, state: State) -> None:
    """Write the status that the log says; persistence brings the rest and stays the owner of `act_seq`."""
    closed_at = datetime.fromtimestamp(state.closed_at / 1000, tz=UTC) if state.closed_at else None
    try:
        with transaction.atomic():
            Conversation.objects.filter(pk=row.pk, act_seq__lte=head.act_seq).update(
                status=state.status, closed_at=closed_at
            )
    except IntegrityError:
        return  # another one of this visitor was opened meanwhile; persistence settles the order of acts
