"""Small clients for tests: sessions by REST, and a WebSocket that waits for the frame a test is about."""

import asyncio
import itertools
import json
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.server import Server

Frame = dict[str, Any]
WAIT_SECONDS = 10.0


@dataclass(frozen=True)
class Session:
    """What a session call answered, and the headers for the person's REST calls."""

    server: Server
    answer: dict[str, Any]

    @property
    def token(self) -> str:
        """The session token."""
        return str(self.answer["token"])

    @property
    def conversation(self) -> str:
        """The visitor's conversation id."""
        return str(self.answer["conversation"]["id"])

    @property
    def headers(self) -> dict[str, str]:
        """Authorization for REST calls and the long poll."""
        return {"Authorization": f"Bearer {self.token}"}


def rest(server: Server, token: str | None = None) -> httpx.Client:
    """An HTTP client for the server; `token` becomes its Bearer."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    # Plain HTTP: reading the certificates of the world would cost 20 ms a client.
    return httpx.Client(base_url=server.base_url, headers=headers, timeout=30, trust_env=False, verify=False)


def visitor_session(server: Server, site: str = "demo", **body: Any) -> Session:
    """Open a visitor's session; `body` adds fields such as visitor_token, user, user_hash."""
    with rest(server) as http:
        answer = http.post("/api/v1/visitor/sessions/", json={"site": site, **body})
    assert answer.status_code == 201, answer.text
    return Session(server, answer.json())


def access_token(server: Server, username: str = "admin", password: str | None = None) -> str:
    """A JWT for REST calls of an agent or administrator."""
    given = {"username": username, "password": password or server.admin_password}
    with rest(server) as http:
        answer = http.post("/api/v1/auth/token/", json=given)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access"])


def agent_session(server: Server, username: str = "admin", password: str | None = None) -> Session:
    """Open an agent's session (of the administrator by default)."""
    with rest(server, access_token(server, username, password)) as http:
        answer = http.post("/api/v1/agent/sessions/")
    assert answer.status_code == 201, answer.text
    return Session(server, answer.json())


class Socket:
    """One WebSocket in the JSON form. Frames that nobody expected yet stay in `frames`, in order."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[Frame] = []
        self._refs = itertools.count(1)

    async def send(self, kind: str, payload: Mapping[str, Any] | None = None, ref: str | None = None) -> str:
        """Send one frame; the ref it went with."""
        ref = ref or f"r{next(self._refs)}"
        await self.connection.send(json.dumps({"type": kind, "ref": ref, "payload": dict(payload or {})}))
        return ref

    async def expect(
        self,
        wanted: str | Callable[[Frame], bool],
        timeout: float = WAIT_SECONDS,
        where: Callable[[Frame], bool] = lambda frame: True,
    ) -> Frame:
        """The first frame of type `wanted` (or that `wanted` accepts) which `where` accepts, taken out."""
        seen = 0

        def fits(frame: Frame) -> bool:
            right = frame["type"] == wanted if isinstance(wanted, str) else wanted(frame)
            return bool(right and where(frame))

        async def search() -> Frame:
            nonlocal seen
            while True:
                while seen < len(self.frames):
                    if fits(self.frames[seen]):
                        return self.frames.pop(seen)
                    seen += 1
                self.frames.append(json.loads(await self.connection.recv()))

        try:
            return await asyncio.wait_for(search(), timeout)
        except TimeoutError:
            raise AssertionError(f"no {wanted!r} within {timeout:g} s; got {self.frames!r}") from None

    async def call(self, kind: str, payload: Mapping[str, Any] | None = None) -> Frame:
        """Send a frame and return the one that echoes its ref."""
        ref = await self.send(kind, payload)
        return await self.expect(lambda frame: frame.get("ref") == ref)

    async def hello(self, session: Session, resume: Mapping[str, int] | None = None, **more: Any) -> Frame:
        """Say hello; the welcome."""
        payload: dict[str, Any] = {"token": session.token, "client": "tests/1.0", **more}
        if resume is not None:
            payload["resume"] = dict(resume)
        await self.send("hello", payload)
        return await self.expect("welcome")

    async def say(self, conversation: str, text: str, client_msg_id: str | None = None) -> Frame:
        """Send a text message; the payload of its ack."""
        client_msg_id = client_msg_id or str(uuid.uuid4())
        await self.send(
            "message.send",
            {"conversation": conversation, "client_msg_id": client_msg_id, "kind": "text", "text": text},
        )
        frame = await self.expect(
            lambda frame: (
                frame["type"] == "error"
                or (frame["type"] == "message.ack" and frame["payload"]["client_msg_id"] == client_msg_id)
            )
        )
        assert frame["type"] == "message.ack", frame
        payload: Frame = frame["payload"]
        return payload

    async def closed(self, timeout: float = WAIT_SECONDS) -> int:
        """Wait for the server to close; the close code (1006 when the connection just broke)."""

        async def drain() -> None:
            while True:
                self.frames.append(json.loads(await self.connection.recv()))

        try:
            await asyncio.wait_for(drain(), timeout)
        except ConnectionClosed as error:
            return error.rcvd.code if error.rcvd is not None else 1006
        except TimeoutError:
            raise AssertionError(f"still open after {timeout:g} s") from None
        raise AssertionError("unreachable")


@asynccontextmanager
async def socket(server: Server, **options: Any) -> AsyncIterator[Socket]:
    """An open WebSocket before hello; `options` go to websockets' connect()."""
    plain: dict[str, Any] = {"compression": None, "proxy": None, "ping_interval": None, **options}
    async with connect(server.ws_url, **plain) as connection:
        yield Socket(connection)


@asynccontextmanager
async def joined(session: Session, resume: Mapping[str, int] | None = None) -> AsyncIterator[Socket]:
    """An open WebSocket after welcome."""
    async with socket(session.server) as opened:
        await opened.hello(session, resume)
        yield opened
