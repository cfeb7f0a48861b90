"""What runs beside the connections of a process: sweeps, heartbeats, and the way in from other processes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import close_old_connections

from chat import receipts, sites
from chat.blocking import beside_database
from chat.conversation import Participant
from chat.delivery.hub import hub
from chat.delivery.outbound import outbound
from chat.journal import reader
from chat.journal.base import JournalUnavailable
from chat.realtime import revocation
from chat.realtime.attendance import attendance
from chat.realtime.queueing import EVERY_S, tell_places
from chat.realtime.registry import registry
from chat.realtime.viewing import RENEW_S as RENEW_VIEWS_S
from chat.realtime.viewing import viewers
from chat.realtime.wheel import wheel

log = structlog.get_logger(__name__)

HEADS_EVERY_S: Final = 2.0
REVOKE_EVERY_S: Final = 2.0
RECEIPTS_EVERY_S: Final = 1.0

_tasks: list[asyncio.Task[None]] = []
_loop: asyncio.AbstractEventLoop | None = None


async def ensure_started() -> None:
    """Start once per event loop: servers without ASGI lifespan (daphne) come here at their first
    connection.
    """
    if _loop is not asyncio.get_running_loop():
        await startup()


async def startup() -> None:
    """Begin to deliver in this process."""
    global _loop
    loop = asyncio.get_running_loop()
    if _loop is loop:
        return
    _loop = loop
    outbound.loop = loop
    attendance.start()
    _begin(_every(1.0, _turn))
    _begin(_every(settings.KEFU_HEARTBEAT_S / 3, attendance.renew))
    _begin(_every(HEADS_EVERY_S, heal_behind))
    _begin(_every(REVOKE_EVERY_S, close_revoked))
    _begin(_every(RECEIPTS_EVERY_S, save_receipts))
    _begin(_every(EVERY_S, tell_places))
    _begin(_every(RENEW_VIEWS_S, viewers.renew))
    if settings.KEFU_SCALED:
        await _join_layer()


async def drain() -> None:
    """Say goodbye: every socket gets 1012 and every held poll 503; whoever comes back resumes elsewhere or
    later.
    """
    for session in registry:
        session.close(1012)
    await attendance.end()


async def shutdown() -> None:
    """Stop what `startup` began, and write the marks still in memory."""
    global _loop
    for task in _tasks:
        task.cancel()
    for task in _tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
    _tasks.clear()
    with contextlib.suppress(Exception):
        await asyncio.to_thread(_flush_receipts)
    outbound.loop = None
    _loop = None


def _begin(work: Awaitable[None]) -> None:
    _tasks.append(asyncio.ensure_future(work))


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except Exception as error:
            # A sweep that fails (database down, journal locked) is tried again at its next turn.
            log.warning("sweep.failed", sweep=work.__name__, error=type(error).__name__)


async def _turn() -> None:
    wheel.turn(asyncio.get_running_loop().time())


async def heal_behind() -> None:
    """Compare the heads of all that is followed here with the journal; whoever is behind reads what is
    missing.
    """
    conversations = hub.conversations()
    for start in range(0, len(conversations), 2_000):
        chunk = conversations[start : start + 2_000]
        try:
            heads = await reader().heads(chunk)
        except JournalUnavailable:
            return
        # What was written a moment ago is on its way through the hub: let it arrive before calling it lost.
        await asyncio.sleep(0.05)
        for conversation, head in heads.items():
            for subscriber in hub.subscribers(conversation):
                if subscriber.behind(conversation, head.head):
                    subscriber.heal(conversation)


async def save_receipts() -> None:
    """Write the delivered and read marks noted in the last second."""
    await asyncio.to_thread(_flush_receipts)


def _flush_receipts() -> None:
    try:
        receipts.flush_receipts()
    finally:
        close_old_connections()


async def close_revoked() -> None:
    """Close the connections of disabled agents and blocked visitors with 4403; take from the others what is
    no longer theirs.
    """
    agents = sorted(
        {s.participant.id for s in registry if s.participant.kind == "agent" and s.participant.id}
    )
    blocked, able, every_site = await asyncio.to_thread(_sweep, agents)
    asked = set(agents)
    for session in registry:
        person = session.participant
        if person.kind == "visitor":
            if person.id in blocked or revocation.is_revoked(person, session.address):
                session.close(4403)
        elif person.id in asked:
            now = able.get(person.id or "")
            if now is None:
                session.close(4403)
            else:
                session.become(now, every_site)


def _sweep(agents: list[str]) -> tuple[frozenset[str], dict[str, Participant], tuple[str, ...]]:
    try:
        return *revocation.sweep(agents), tuple(sorted(sites.all_ids()))
    finally:
        close_old_connections()


async def _join_layer() -> None:
    """Take parcels from other processes, and keep this process's leases on what is followed here."""
    from redis import RedisError

    from chat.delivery.directory import RENEW_S, open_directory

    layer = get_channel_layer()
    channel = await layer.new_channel("kefu")
    directory = open_directory(channel)
    changed: dict[str, bool] = {}

    def note(topic: str, begun: bool) -> None:
        if not changed:
            asyncio.get_running_loop().call_soon(lambda: _begin_once(publish()))
        changed[topic] = begun

    async def publish() -> None:
        batch = dict(changed)
        changed.clear()
        try:
            await beside_database(directory.lease, [topic for topic, begun in batch.items() if begun])
            await beside_database(directory.release, [topic for topic, begun in batch.items() if not begun])
        except RedisError as error:
            # The next renewal says it again; until then the sweep of heads finds what is missed.
            log.warning("directory.publish_failed", error=type(error).__name__)

    async def renew() -> None:
        await beside_database(directory.lease, list(hub.topics()))

    async def listen() -> None:
        while True:
            try:
                message = await layer.receive(channel)
                outbound.take_in(message["data"])
            except Exception as error:
                log.warning("layer.receive_failed", error=type(error).__name__)
                await asyncio.sleep(1.0)

    outbound.directory, outbound.own_channel = directory, channel
    hub.on_topic.append(note)
    _begin(_every(float(RENEW_S), renew))
    _begin(listen())


def _begin_once(work: Awaitable[None]) -> None:
    from chat.delivery.outbound import keep

    keep(asyncio.ensure_future(work))
