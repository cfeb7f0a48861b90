"""The visitors of a working day: on real sockets that resume, with an outbox.

A visitor keeps every entry by its seq and holds the server to the contract at once: nothing twice, nothing
left out, a place in the queue that only shrinks.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.support.client import Session, rest

Frame = dict[str, Any]
AGAIN_S = 0.2
BEFORE_SALE = ("龙井怎么泡", "有没有礼盒", "普洱能放几年", "送长辈选哪种", "今天有优惠吗", "新茶什么时候到")
AFTER_SALE = ("我要退货", "快递三天没动", "收到时破损了", "物流显示异常")
#: For everything that takes a moment; long, because a day's browsers may share a busy machine.
PATIENCE_S = 60


@dataclass
class Visitor:
    """Somebody with a question, on a real socket that comes back by itself."""

    name: str
    session: Session
    errand: str
    entries: dict[int, Frame] = field(default_factory=dict)
    acked: dict[str, tuple[int, str]] = field(default_factory=dict)
    outbox: dict[str, Frame] = field(default_factory=dict)
    places: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    status: str = ""
    owner: str | None = None
    connections: int = 0
    last: int = 0
    place: int | None = None
    may_step_back: bool = False
    _own: set[int] = field(default_factory=set)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _connection: ClientConnection | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def id(self) -> str:
        """The conversation."""
        return self.session.conversation

    @property
    def after_sale(self) -> bool:
        """Whether the shop's rules send them to the after-sales group."""
        return self.errand.startswith(AFTER_SALE)

    @property
    def served(self) -> bool:
        """Somebody is there for them, or was."""
        return self.owner is not None or any(self.said_by("agent"))

    @property
    def told(self) -> bool:
        """They know who has them, or their place."""
        return self.served or bool(self.places)

    def said_by(self, kind: str) -> list[str]:
        """Texts they have received from one side."""
        found = (self.entries[seq] for seq in sorted(self.entries))
        return [
            entry["text"] for entry in found if entry["kind"] == "text" and entry["sender"]["kind"] == kind
        ]

    @property
    def hidden(self) -> int:
        """How many entries are not for them: notes, whispers."""
        return sum(entry["kind"] == "hidden" for entry in self.entries.values())

    async def say(self, text: str) -> str:
        """Put words into the outbox; they leave now or with the next connection."""
        key = f"{self.id[-8:]}-{next(self._numbers)}"
        self.outbox[key] = {"conversation": self.id, "client_msg_id": key, "kind": "text", "text": text}
        if self._connection is not None:
            with contextlib.suppress(ConnectionClosed):
                await self._put("message.send", self.outbox[key])
        return key

    async def until(
        self, condition: Callable[[Visitor], object], what: str, seconds: float = PATIENCE_S
    ) -> None:
        """Wait, frame by frame."""
        try:
            async with asyncio.timeout(seconds):
                while not condition(self):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            state = f"{self.status} with {self.owner}, place {self.places[-3:]}, last {self.last}"
            raise AssertionError(f"{self.name}: not within {seconds:g} s: {what}; {state}") from None

    async def hears(self, text: str) -> None:
        """Wait for an agent's words."""
        await self.until(lambda it: text in it.said_by("agent"), f"to hear {text!r}")

    def rate(self, rating: int) -> None:
        """Say how it was, after the end."""
        with rest(self.session.server, self.session.token) as http:
            answer = http.post(
                f"/api/v1/conversations/{self.id}/rate/", json={"rating": rating, "text": "谢谢"}
            )
        assert answer.status_code in (200, 201), answer.text

    # --- the connection --------------------------------------------------------------------------

    async def live(self) -> None:
        """Connect, resume, send what was not acked; again until cancelled."""
        while True:
            with contextlib.suppress(ConnectionClosed, OSError, InvalidHandshake, TimeoutError):
                url = self.session.server.ws_url
                async with connect(url, compression=None, proxy=None, ping_interval=None) as connection:
                    self._connection = connection
                    await self._put("hello", {"token": self.session.token, "resume": {self.id: self.last}})
                    async for data in connection:
                        await self._take(json.loads(data))
                        self._news.set()
            self._connection = None
            await asyncio.sleep(AGAIN_S)  # a client's back-off, not a wait for anything

    async def _put(self, kind: str, payload: Frame) -> None:
        assert self._connection is not None
        await self._connection.send(json.dumps({"type": kind, "payload": payload}))

    async def _take(self, frame: Frame) -> None:
        payload = frame["payload"]
        match frame["type"]:
            case "welcome":
                self.connections += 1
                for waiting in list(self.outbox.values()):
                    await self._put("message.send", waiting)
            case "message.ack":
                answer = (payload["seq"], payload["id"])
                if self.acked.setdefault(payload["client_msg_id"], answer) != answer:
                    self.faults.append("an ack changed its mind")
                self.outbox.pop(payload["client_msg_id"], None)
                self._own.add(payload["seq"])
                self._advance()
            case "message":
                self._entry(payload)
            case "resumed" if self.last < payload["head"]:
                self.faults.append(f"resumed at {payload['head']} and knows {self.last} only")
            case "conversation":
                self._changed(payload)
            case "error" if not payload["retryable"]:
                self.faults.append(f"error {payload['code']}: {payload['message']}")
            case "resync":
                self.faults.append("a resync among so few")

    def _entry(self, entry: Frame) -> None:
        seq = entry["seq"]
        known = self.entries.get(seq)
        if known is not None:
            self.faults.append(f"{seq} came twice" if known == entry else f"{seq} changed")
        self.entries[seq] = entry
        self._advance()

    def _advance(self) -> None:
        while self.last + 1 in self.entries or self.last + 1 in self._own:
            self.last += 1

    def _changed(self, payload: Frame) -> None:
        self.status = payload["status"]
        self.owner = payload["agent"]["name"] if payload["agent"] else None
        if self.status != "queued":
            self.place = None
        if payload["queue"]:
            position = payload["queue"]["position"]
            if self.place is not None and position > self.place and not self.may_step_back:
                self.faults.append(f"place {self.place} grew to {position}")
            self.place = position
            self.places.append(position)
