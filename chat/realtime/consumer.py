"""The WebSocket consumer: a Channels consumer with its own receive loop.

Channels' canonical consumer dispatches every frame through a task and a handler look-up and costs twenty
times what the work costs (docs/performance.md); this one reads frame after frame and lets the session write
straight to the door.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from channels.consumer import AsyncConsumer

from chat import metrics
from chat.door.connection import EXTENSION
from chat.errors import KefuError
from chat.protocol.commands import FrameError, Hello
from chat.protocol.entry import MAX_FRAME
from chat.protocol.json_form import JsonForm
from chat.realtime import lifecycle
from chat.realtime.dispatch import dispatch, refuse_form, take_send
from chat.realtime.hello import greet
from chat.realtime.outlet import AsgiOutlet, DoorOutlet, Outlet
from chat.realtime.registry import registry
from chat.realtime.session import ClientSession
from chat.realtime.wheel import wheel

logger = logging.getLogger(__name__)

HELLO_TIMEOUT_S: Final = 10.0
_CLOSE_OF: Final = {"unauthorized": 4401, "token_expired": 4401, "forbidden": 4403, "blocked": 4403}
_WAITING = metrics.CONNECTIONS.labels(role="none", transport="websocket")

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class ChatConsumer(AsyncConsumer):  # type: ignore[misc]
    """One connection at `/ws/v1/`, for visitors and agents alike."""

    __slots__ = ()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """The connection's whole life, as ASGI calls it."""
        await lifecycle.ensure_started()
        if (await receive())["type"] != "websocket.connect":
            return
        await send({"type": "websocket.accept"})
        extension = (scope.get("extensions") or {}).get(EXTENSION)
        connection = extension["connection"] if extension else None
        outlet: Outlet = DoorOutlet(connection) if connection else AsgiOutlet(send)
        address = str((scope.get("client") or ("",))[0])
        # The scope (headers, path, client) is 2 KB that nobody needs for the hours to come.
        scope.clear()
        del extension, scope, send
        session = await _let_in(outlet, receive, address)
        if session is None:
            return
        registry.add(session, "websocket")
        if connection and not session.form.binary:
            connection.on_text = partial(take_send, session)
        slot = wheel.add(connection, lambda: session.close(4408)) if connection else 0
        try:
            while True:
                message = await receive()
                if message["type"] == "websocket.disconnect":
                    return
                text = message.get("text")
                data = text if text is not None else message["bytes"]
                if session.closed:
                    continue
                if connection is None and _too_large(data):
                    session.close(4413)
                elif (text is None) is session.form.binary:
                    await dispatch(session, data)
                else:
                    refuse_form(session)
        finally:
            registry.remove(session, "websocket")
            if connection:
                connection.on_text = None
                wheel.remove(slot, connection)
            session.end()


async def _let_in(outlet: Outlet, receive: Receive, address: str) -> ClientSession | None:
    """The session that the first frame opens; None when the connection was ended instead."""
    _WAITING.inc()
    try:
        async with asyncio.timeout(HELLO_TIMEOUT_S):
            message = await receive()
    except TimeoutError:
        outlet.close(4408)
        metrics.CLOSES.labels(code="4408").inc()
        return None
    finally:
        _WAITING.dec()
    if message["type"] == "websocket.disconnect":
        return None
    if _too_large(message.get("text") or message.get("bytes") or b""):
        outlet.close(4413)
        metrics.CLOSES.labels(code="4413").inc()
        return None
    try:
        return await _greet(outlet, message, address)
    except FrameError:
        code = 4400
    except KefuError as error:
        metrics.ERRORS.labels(code=error.code).inc()
        # A journal or database that cannot be read is ours to mend, not a reason to drop the token:
        # reconnect.
        code = _CLOSE_OF.get(error.code, 4500 if error.retryable else 4400)
    except Exception:
        logger.exception("hello failed")
        code = 4500
    metrics.CLOSES.labels(code=str(code)).inc()
    outlet.close(code)
    return None


def _too_large(data: str | bytes) -> bool:
    """Our own door holds messages to 64 KiB while they arrive; other servers hand over whatever came."""
    if len(data) > MAX_FRAME:
        return True
    return isinstance(data, str) and len(data) * 4 > MAX_FRAME and len(data.encode()) > MAX_FRAME


async def _greet(outlet: Outlet, message: dict[str, Any], address: str) -> ClientSession:
    text = message.get("text")
    form: Any
    if text is not None:
        form = JsonForm()
        incoming = form.parse(text)
    else:
        from chat.protocol.binary_form import BinaryForm

        form = BinaryForm()
        incoming = form.parse(message["bytes"])
    if not isinstance(incoming.command, Hello):
        raise FrameError("bad_frame", "the first frame is hello")
    return await greet(outlet, form, incoming.command, incoming.ref, address)
