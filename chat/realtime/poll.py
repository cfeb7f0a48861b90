"""The long poll (wire contract, section 6): the same frames and promises for clients that cannot have a
WebSocket.

A raw ASGI application, because a held answer must cost neither a thread nor Django's request machinery.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
from django.conf import settings

from chat import metrics, sites
from chat.blocking import in_thread
from chat.conversation import may_read
from chat.delivery.hub import conversation_payload
from chat.errors import KefuError
from chat.posting import look
from chat.protocol.commands import FrameError, Hello, SendPayload
from chat.protocol.entry import MAX_FRAME
from chat.protocol.json_form import JsonForm
from chat.realtime import link as links
from chat.realtime import revocation, tokens
from chat.realtime.dispatch import dispatch
from chat.realtime.hello import greet, sites_of
from chat.realtime.limits import AGENT, VISITOR, Bucket
from chat.realtime.link import Link
from chat.realtime.outlet import ListOutlet
from chat.realtime.registry import registry
from chat.realtime.session import ClientSession
from chat.realtime.tokens import Claims
from chat.states import cached

logger = logging.getLogger(__name__)

PREFIX: Final = "/api/v1/poll/"
HOLD_S: Final = 25.0
MAX_BODY: Final = 262_144  # bytes: several frames of 64 KiB
MAX_FRAMES: Final = 100  # in one POST
_STATUS_OF_CLOSE: Final = {4401: 401, 4403: 403, 4413: 413, 4429: 429, 1012: 503}

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class _Frames(msgspec.Struct):
    frames: list[msgspec.Raw]


_FRAMES = msgspec.json.Decoder(_Frames)
_ENCODER = msgspec.json.Encoder()
_buckets: dict[str, Bucket] = {}


class _Answer(msgspec.Struct):
    status: int
    body: bytes
    retry_after_s: float | None = None


async def poll_app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """ASGI entry for everything under `/api/v1/poll/`."""
    headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
    origin = headers.get("origin")
    try:
        answer = await _route(scope, headers, receive)
    except KefuError as error:
        metrics.ERRORS.labels(code=error.code).inc()
        answer = _refusal(error)
    except Exception:
        logger.exception("poll failed")
        answer = _refusal(KefuError("internal", "something failed on our side; try again"))
    await _respond(send, answer, await _cors(origin, headers.get("host", "")))


async def _route(scope: dict[str, Any], headers: dict[str, str], receive: Receive) -> _Answer:
    address = str((scope.get("client") or ("",))[0])
    method, rest = scope["method"], scope["path"].removeprefix(PREFIX).strip("/")
    if method == "OPTIONS":
        return _Answer(204, b"")
    if not rest:
        if method != "POST":
            raise KefuError("method_not_allowed", "a poll begins with POST")
        return await _begin(await _body(receive), address)
    if "/" in rest:
        raise KefuError("not_found", "no such poll")
    claims = await _claims(headers, address)
    link = await links.load(rest, claims)
    match method:
        case "GET":
            query = parse_qs(scope["query_string"].decode("latin-1"))
            return await _wait(link, claims, query.get("cursor", [""])[0], receive, address)
        case "POST":
            return await _take(link, claims, await _body(receive))
        case "DELETE":
            await links.end(link.id)
            return _Answer(204, b"")
        case _:
            raise KefuError("method_not_allowed", "GET, POST or DELETE")


async def _claims(headers: dict[str, str], address: str) -> Claims:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise KefuError("unauthorized", "a session token is needed")
    claims = tokens.read(token.strip())
    if revocation.is_revoked(await _participant(claims), address):
        raise KefuError("forbidden", "no longer allowed")
    return claims


async def _participant(claims: Claims) -> Any:
    if claims.kind == "visitor":
        participant = tokens.visitor_of(claims)
    else:
        participant = await in_thread(tokens.participant_of, claims)
    if revocation.is_revoked(participant):
        raise KefuError("forbidden", "no longer allowed")
    return participant


async def _begin(body: bytes, address: str = "") -> _Answer:
    outlet = ListOutlet()
    form = JsonForm()
    try:
        if len(body) > MAX_FRAME:
            raise KefuError("too_large", "a frame has at most 64 KiB")
        incoming = form.parse(body)
        if not isinstance(incoming.command, Hello):
            raise FrameError("bad_frame", "the first frame is hello")
    except FrameError as error:
        raise KefuError("bad_frame", error.message) from None
    session = await greet(outlet, form, incoming.command, incoming.ref, address)
    positions = dict(session.positions)
    session.end()
    link = links.new_link(session.claims)
    # Records stand in memory that all share: one person must not push out the others'.
    if (bucket := _bucket(link)) is not None and (wait := bucket.take()) > 0:
        raise KefuError("rate_limited", "too many polls", retry_after_s=wait)
    link.follows = positions
    await links.save(link)
    return _Answer(201, _body_of(outlet, links.encode_cursor(positions), poll=link.id))


async def _wait(link: Link, claims: Claims, cursor: str, receive: Receive, address: str = "") -> _Answer:
    positions = links.decode_cursor(cursor) if cursor else {}
    outlet = ListOutlet()
    with links.Held(link.id, outlet) as held:
        # Read anew: what a POST changes from now on lets this answer go, what it changed before is in it.
        link = await links.load(link.id, claims)
        await links.keep(link.id)
        session = await _session(link, claims, positions, outlet, live=True)
        session.address = address
        gone = asyncio.ensure_future(_disconnected(receive))
        ready = asyncio.ensure_future(outlet.ready.wait())
        try:
            held.own.update(link.own)
            session.own_ids = held.own

            async def learn_own() -> None:
                held.own.update((await links.load(link.id, claims)).own)

            session.learn_own = learn_own
            if session.internal:
                session.follow_sites(await in_thread(sites_of, session.participant))
            registry.add(session, "poll")
            for conversation, position in list(session.positions.items()):
                await session.catch_up(conversation)
                known = cached(conversation)
                if known is not None and known.act_seq > position:
                    # Whoever heard of the act by the log may have missed the frame that went with it.
                    session.signal(conversation, "conversation", conversation_payload(known.state))
            await asyncio.wait({ready, gone}, timeout=HOLD_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            registry.remove(session, "poll")
            gone.cancel()
            ready.cancel()
            reached = dict(session.positions)
            session.end()
    if outlet.closed is not None:
        raise _closed(outlet.closed)
    return _Answer(200, _body_of(outlet, links.encode_cursor(reached)))


async def _take(link: Link, claims: Claims, body: bytes) -> _Answer:
    try:
        raw_frames = _FRAMES.decode(body).frames
    except (msgspec.DecodeError, RecursionError):
        raise KefuError("bad_frame", 'a body is {"frames": […]}') from None
    if len(raw_frames) > MAX_FRAMES:
        raise KefuError("too_large", f"at most {MAX_FRAMES} frames at once")
    if any(len(bytes(raw)) > MAX_FRAME for raw in raw_frames):
        raise KefuError("too_large", "a frame has at most 64 KiB")
    async with links.lock(link.id):
        link = await links.load(link.id, claims)
        outlet = ListOutlet()
        session = await _session(link, claims, {}, outlet, live=False)
        session.bucket = _bucket(link)
        frames = [bytes(raw) for raw in raw_frames]
        if sent := _sent(frames):
            await links.remember_own(link, sent)
        try:
            for raw in frames:
                await dispatch(session, raw)
            await session.settled()
            follows = dict(session.positions)
        finally:
            session.end()
        if outlet.closed is not None:
            raise _closed(outlet.closed)  # the poll goes on where it was: a closed session follows nothing
        changed = follows.keys() != link.follows.keys()
        link.follows = {name: link.follows.get(name, position) for name, position in follows.items()}
        await links.save(link)
        if changed:
            # The held answer waits for what was followed before: let the client ask for all of it.
            links.let_go(link.id)
    return _Answer(200, b'{"frames":[%b]}' % b",".join(outlet.frames))


async def _session(
    link: Link, claims: Claims, cursor: dict[str, int], outlet: ListOutlet, *, live: bool
) -> ClientSession:
    """A session for the length of one request, standing where the cursor says; `live`: entries come to it."""
    session = ClientSession(outlet, JsonForm(), await _participant(claims), limited=False)
    session.claims = claims
    # A poll's GET and its POSTs are one connection: what is sent here is not given back there.
    session.origin = link.id
    try:
        for conversation, start in link.follows.items():
            known = await look(conversation)
            if may_read(known.state, session.participant):
                position = max(0, min(cursor.get(conversation, start), known.head))
                if live:
                    session.follow(conversation, position)
                else:
                    session.positions[conversation] = position
    except BaseException:
        session.end()  # else the hub would fill the answer that nobody fetches for ever
        raise
    return session


def _sent(frames: list[bytes]) -> list[tuple[str, str]]:
    """(conversation, client_msg_id) of the messages among them."""
    found = []
    for raw in frames:
        try:
            command = JsonForm.parse(raw).command
        except FrameError:
            continue  # it will be answered in its turn
        if isinstance(command, SendPayload):
            found.append((command.conversation, command.client_msg_id))
    return found


def _bucket(link: Link) -> Bucket | None:
    if not settings.KEFU_RATE_LIMIT:
        return None
    if len(_buckets) > 10_000:
        _buckets.clear()
    return _buckets.setdefault(link.person, Bucket(*(VISITOR if link.kind == "visitor" else AGENT)))


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise KefuError("bad_frame", "the request ended early")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY:
            raise KefuError("too_large", "the request is too large")
        if not message.get("more_body"):
            return b"".join(parts)


def _body_of(outlet: ListOutlet, cursor: str, poll: str | None = None) -> bytes:
    head = b"" if poll is None else b'"poll":%b,' % _ENCODER.encode(poll)
    return b'{%b"cursor":%b,"frames":[%b]}' % (head, _ENCODER.encode(cursor), b",".join(outlet.frames))


def _closed(code: int) -> KefuError:
    names = {
        4401: "unauthorized",
        4403: "forbidden",
        4413: "too_large",
        4429: "rate_limited",
        1012: "restarting",
    }
    return KefuError(names.get(code, "internal"), retry_after_s=1 if code in (4429, 1012) else None)


def _refusal(error: KefuError) -> _Answer:
    body = {"code": error.code, "message": error.message, "details": error.details}
    return _Answer(error.status, _ENCODER.encode(body), error.retry_after_s)


async def _cors(origin: str | None, host: str) -> list[tuple[bytes, bytes]]:
    if not origin or sites.is_own_origin(origin, host) or not await _is_listed(origin):
        return []
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-headers", b"authorization, content-type"),
        (b"access-control-allow-methods", b"GET, POST, DELETE, OPTIONS"),
        (b"access-control-max-age", b"86400"),
        (b"vary", b"Origin"),
    ]


async def _is_listed(origin: str) -> bool:
    """No answer is lost with a database that is down; only the first of a process may wait for it."""
    await sites.be_read()
    return sites.is_listed_origin(origin)


async def _respond(send: Send, answer: _Answer, headers: list[tuple[bytes, bytes]]) -> None:
    fixed = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(answer.body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if answer.retry_after_s is not None:
        fixed.append((b"retry-after", str(max(1, round(answer.retry_after_s))).encode()))
    status = HTTPStatus(answer.status)
    await send({"type": "http.response.start", "status": status.value, "headers": fixed + headers})
    await send({"type": "http.response.body", "body": answer.body})
