"""One client for every transport: open, send a frame, expect a frame, learn the close code.

Whatever the form, frames go in and come out in the shape of the JSON form, so a case is written once.
"""

import asyncio
import contextlib
import itertools
import json
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Literal

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.contract import binary, reference
from tests.contract.binary import Frame

Transport = Literal["json", "binary", "zstd", "poll"]
TRANSPORTS: tuple[Transport, ...] = ("json", "binary", "zstd", "poll")
WAIT_SECONDS = 15.0
_CODE_OF_STATUS = {400: 4400, 401: 4401, 403: 4403, 413: 4413, 429: 4429, 500: 4500, 503: 1012}


class Client:
    """What every transport can do. `frames` holds what came and was not expected yet, in order."""

    def __init__(self) -> None:
        self.frames: deque[Frame] = deque()
        self.code: int | None = None
        self._news = asyncio.Event()
        self._refs = itertools.count(1)

    # --- what a transport fills in

    async def put(self, frame: Frame) -> None:
        """Send one frame."""
        raise NotImplementedError

    async def put_raw(self, data: str | bytes) -> None:
        """Send the bytes of one frame, whatever they are."""
        raise NotImplementedError

    async def end(self) -> None:
        """Leave."""
        raise NotImplementedError

    # --- what every case uses

    async def send(self, kind: str, payload: Mapping[str, Any] | None = None, ref: str | None = None) -> str:
        """Send a frame of this type; the ref it went with."""
        ref = ref or f"r{next(self._refs)}"
        await self.put({"type": kind, "ref": ref, "payload": dict(payload or {})})
        return ref

    async def expect(
        self, wanted: str | Callable[[Frame], bool], timeout: float = WAIT_SECONDS, **fields: Any
    ) -> Frame:
        """The first frame of this type (or that `wanted` accepts) whose payload has these fields."""

        def fits(frame: Frame) -> bool:
            right = frame["type"] == wanted if isinstance(wanted, str) else wanted(frame)
            return bool(right) and all(frame["payload"].get(key) == value for key, value in fields.items())

        try:
            async with asyncio.timeout(timeout):
                while True:
                    for frame in self.frames:
                        if fits(frame):
                            self.frames.remove(frame)
                            return frame
                    assert self.code is None, (
                        f"closed with {self.code} before {wanted!r}: {list(self.frames)}"
                    )
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(
                f"no {wanted!r} {fields} within {timeout:g} s; got {list(self.frames)}"
            ) from None

    async def call(self, kind: str, payload: Mapping[str, Any] | None = None) -> Frame:
        """Send a frame; the frame that echoes its ref."""
        ref = await self.send(kind, payload)
        return await self.expect(lambda frame: frame.get("ref") == ref)

    async def answer(self, ref: str) -> Frame:
        """The frame that echoes this ref."""
        return await self.expect(lambda frame: frame.get("ref") == ref)

    async def error(self, kind: str, payload: Mapping[str, Any] | None = None) -> str:
        """Send a frame that is refused; the error's code."""
        answer = await self.call(kind, payload)
        assert answer["type"] == "error", answer
        assert isinstance(answer["payload"]["retryable"], bool) and answer["payload"]["message"], answer
        return str(answer["payload"]["code"])

    async def hello(self, token: str, resume: Mapping[str, int] | None = None, **more: Any) -> Frame:
        """Say hello and be let in; the welcome's payload."""
        await self.send(
            "hello", {"token": token, **({"resume": resume} if resume is not None else {}), **more}
        )
        payload: Frame = (await self.expect("welcome"))["payload"]
        return payload

    async def say(self, conversation: str, text: str, client_msg_id: str | None = None, **more: Any) -> Frame:
        """Send a text; the payload of its ack."""
        message = text_message(conversation, text, client_msg_id, **more)
        ref = await self.send("message.send", message)
        frame = await self.expect(lambda frame: frame.get("ref") == ref)
        assert frame["type"] == "message.ack", frame
        payload: Frame = frame["payload"]
        return payload

    async def message(self, **fields: Any) -> Frame:
        """The next entry with these fields."""
        payload: Frame = (await self.expect("message", **fields))["payload"]
        return payload

    async def alive(self) -> None:
        """The connection answers."""
        assert (await self.call("ping"))["type"] == "pong"

    async def closed(self, timeout: float = WAIT_SECONDS) -> int:
        """The code the server closed with."""
        try:
            async with asyncio.timeout(timeout):
                while self.code is None:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"still open after {timeout:g} s; got {list(self.frames)}") from None
        return self.code

    def seen(self, kind: str) -> list[Frame]:
        """Payloads of what came and was not expected yet."""
        return [frame["payload"] for frame in self.frames if frame["type"] == kind]

    def _take(self, frame: Frame) -> None:
        assert isinstance(frame["timestamp"], int), frame
        assert set(frame) <= {"type", "ref", "timestamp", "payload"}, frame
        reference.check(frame)
        self.frames.append(frame)
        self._news.set()

    def _close(self, code: int) -> None:
        if self.code is None:
            self.code = code
            self._news.set()


class SocketClient(Client):
    """A WebSocket in one of the three forms."""

    def __init__(self, connection: ClientConnection, form: Transport) -> None:
        super().__init__()
        self.connection = connection
        self.form = form
        self._reading = asyncio.create_task(self._read())

    async def hello(self, token: str, resume: Mapping[str, int] | None = None, **more: Any) -> Frame:
        """See `Client`; the zstd form names its feature."""
        if self.form == "zstd":
            more = {"features": ["zstd"], **more}
        return await super().hello(token, resume, **more)

    async def put(self, frame: Frame) -> None:
        """See `Client`."""
        await self.put_raw(self.encoded(frame))

    def encoded(self, frame: Frame) -> str | bytes:
        """The frame's bytes in this client's form."""
        if self.form == "json":
            return json.dumps(frame, ensure_ascii=False)
        data = binary.encode(frame)
        return binary.compress(data) if self.form == "zstd" else data

    async def put_raw(self, data: str | bytes) -> None:
        """See `Client`."""
        with contextlib.suppress(ConnectionClosed):
            await self.connection.send(data)

    async def end(self) -> None:
        """See `Client`."""
        await self.connection.close()
        await asyncio.wait([self._reading], timeout=5)

    async def _read(self) -> None:
        try:
            while True:
                data = await self.connection.recv()
                if self.form == "json":
                    assert isinstance(data, str), "answered in the form of the first frame"
                    self._take(json.loads(data))
                else:
                    assert isinstance(data, bytes), "answered in the form of the first frame"
                    self._take(binary.decode(data))
        except ConnectionClosed as error:
            self._close(error.rcvd.code if error.rcvd is not None else 1006)


class PollClient(Client):
    """The long poll: one held GET at a time, a POST per frame."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        super().__init__()
        self.http = http
        self.id: str | None = None
        self.cursor = ""
        self.token = ""
        self._holding: asyncio.Task[None] | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The session token as Bearer."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def path(self) -> str:
        """The poll's own address."""
        return f"/api/v1/poll/{self.id}/"

    async def hello(self, token: str, resume: Mapping[str, int] | None = None, **more: Any) -> Frame:
        """See `Client`."""
        self.token = token
        return await super().hello(token, resume, **more)

    async def put(self, frame: Frame) -> None:
        """See `Client`."""
        if not self.token and frame["type"] == "hello":
            self.token = str(frame["payload"].get("token"))
        await self.put_raw(json.dumps(frame, ensure_ascii=False))

    async def put_raw(self, data: str | bytes) -> None:
        """See `Client`."""
        raw = data.encode() if isinstance(data, str) else data
        if self.id is None:
            answer = await self.http.post("/api/v1/poll/", content=raw)
            if answer.status_code != 201:
                self._close(_CODE_OF_STATUS[answer.status_code])
                return
            body = answer.json()
            self.id, self.cursor = body["poll"], body["cursor"]
            self._holding = asyncio.create_task(self._hold())
        else:
            answer = await self.http.post(self.path, content=b'{"frames":[%b]}' % raw, headers=self.headers)
            if answer.status_code != 200:
                self._close(_CODE_OF_STATUS.get(answer.status_code, answer.status_code))
                return
            body = answer.json()
        for frame in body["frames"]:
            self._take(frame)

    async def end(self) -> None:
        """See `Client`."""
        if self._holding is not None:
            self._holding.cancel()
            await asyncio.wait([self._holding])
        if self.id is not None and self.code is None:
            with contextlib.suppress(httpx.HTTPError):
                await self.http.delete(self.path, headers=self.headers)

    async def _hold(self) -> None:
        while True:
            try:
                answer = await self.http.get(
                    self.path, params={"cursor": self.cursor}, headers=self.headers, timeout=40
                )
            except httpx.HTTPError:
                self._close(1006)
                return
            if answer.status_code != 200:
                self._close(_CODE_OF_STATUS.get(answer.status_code, answer.status_code))
                return
            body = answer.json()
            self.cursor = body["cursor"]
            for frame in body["frames"]:
                self._take(frame)


def text_message(conversation: str, text: str, client_msg_id: str | None = None, **more: Any) -> Frame:
    """The payload of a `message.send`."""
    return {
        "conversation": conversation,
        "client_msg_id": client_msg_id or str(uuid.uuid4()),
        "kind": "text",
        "text": text,
        **more,
    }


async def open_socket(ws_url: str, form: Transport, **options: Any) -> SocketClient:
    """A WebSocket before hello: no cookie, header or subprotocol, as `wx.connectSocket` opens it."""
    plain: dict[str, Any] = {"compression": None, "proxy": None, "ping_interval": None, "max_size": None}
    return SocketClient(await connect(ws_url, **{**plain, **options}), form)
