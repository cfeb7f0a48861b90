"""People who keep talking through a bad day: each has an outbox, resends what was not acked, and resumes.

What they saw is what the promises are checked against: every acked message is there exactly once under the
seq of its ack, sequences have no gap, and everybody has the same order.
"""

import asyncio
import contextlib
import itertools
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.support.client import Session, agent_session, rest, visitor_session
from tests.support.lives import awake
from tests.support.server import Server

Frame = dict[str, Any]


class Person:
    """A client as the contract wants one. `ws_url` may name another process after each reconnect."""

    def __init__(self, session: Session, conversations: list[str], urls: list[str]) -> None:
        self.session = session
        self.conversations = conversations
        self.urls = itertools.cycle(urls)
        self.last = dict.fromkeys(conversations, 0)
        self.seen: dict[str, dict[int, Frame]] = {name: {} for name in conversations}
        self.own: dict[str, set[int]] = {name: set() for name in conversations}
        self.acked: dict[tuple[str, str], tuple[int, str]] = {}
        self.outbox: dict[str, Frame] = {}
        self.closes: list[int] = []
        self.errors: list[str] = []
        self.token = session.token
        self._numbers = itertools.count()
        self._connection: ClientConnection | None = None

    def write(self, conversation: str) -> None:
        """Put one more message into the outbox; it leaves with the next turn."""
        key = f"{self.session.token[-6:]}-{next(self._numbers)}"
        self.outbox[key] = {
            "conversation": conversation,
            "client_msg_id": key,
            "kind": "text",
            "text": f"word {key} 字",
        }

    async def live(self) -> None:
        """Connect, resume, send, reconnect; until cancelled."""
        while True:
            try:
                async with connect(
                    next(self.urls), compression=None, proxy=None, ping_interval=None, open_timeout=5
                ) as connection:
                    self._connection = connection
                    await self._talk(connection)
            except ConnectionClosed as error:
                self.closes.append(error.rcvd.code if error.rcvd else 1006)
            except (OSError, InvalidHandshake, TimeoutError):
                self.closes.append(1006)
            finally:
                self._connection = None
            await asyncio.sleep(random.uniform(0.02, 0.2))

    async def _talk(self, connection: ClientConnection) -> None:
        hello = {"token": self.token, "resume": self.last}
        await connection.send(json.dumps({"type": "hello", "payload": hello}))
        sent: set[str] = set()
        resend = asyncio.get_running_loop().time() + 2
        while True:
            if asyncio.get_running_loop().time() > resend:
                sent.clear()  # no answer for 2 s: the same message again
                resend = asyncio.get_running_loop().time() + 2
            for key in [key for key in self.outbox if key not in sent][: max(0, 50 - len(sent))]:
                sent.add(key)
                await self._put(connection, "message.send", self.outbox[key])
            with contextlib.suppress(TimeoutError):
                frame = json.loads(await asyncio.wait_for(connection.recv(), 0.05))
                self._take(frame, sent)

    async def _put(self, connection: ClientConnection, kind: str, payload: Frame) -> None:
        await connection.send(json.dumps({"type": kind, "payload": payload}))

    def _take(self, frame: Frame, sent: set[str]) -> None:
        payload = frame["payload"]
        match frame["type"]:
            case "message.ack":
                name, key = payload["conversation"], payload["client_msg_id"]
                answer = (payload["seq"], payload["id"])
                assert self.acked.setdefault((name, key), answer) == answer, "an ack changed its mind"
                self.own[name].add(payload["seq"])
                self._advance(name)
                self.outbox.pop(key, None)
                sent.discard(key)
            case "message":
                self._entry(payload)
            case "error":
                self.errors.append(payload["code"])
            case "resync":
                raise AssertionError("a resync among so few")

    def _entry(self, entry: Frame) -> None:
        name, seq = entry["conversation"], entry["seq"]
        known = self.seen[name].setdefault(seq, entry)
        assert known == entry, "an entry changed"
        self._advance(name)

    def _advance(self, name: str) -> None:
        while self.last[name] + 1 in self.seen[name] or self.last[name] + 1 in self.own[name]:
            self.last[name] += 1

    @property
    def quiet(self) -> bool:
        """Everything was acked."""
        return not self.outbox


@asynccontextmanager
async def talking(people: list[Person]) -> AsyncIterator[None]:
    """Everybody lives while the block runs; what broke in one of them breaks the test."""
    tasks = [asyncio.create_task(person.live()) for person in people]
    async with awake(tasks):
        yield


async def crowd(server: Server, visitors: int = 4, urls: list[str] | None = None) -> list[Person]:
    """Visitors, each in its conversation, and one agent who follows them all."""
    where = urls or [server.ws_url]
    sessions = [await asyncio.to_thread(visitor_session, server) for _ in range(visitors)]
    people = [Person(session, [session.conversation], where) for session in sessions]
    agent = await asyncio.to_thread(agent_session, server)
    people.append(Person(agent, [session.conversation for session in sessions], where[::-1]))
    return people


async def write_on(people: list[Person], seconds: float, pause: float = 0.01) -> None:
    """Everybody writes a word every `pause` seconds; the outboxes are bounded as a person's patience is."""
    ends = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < ends:
        for person in people:
            if len(person.outbox) < 200:
                person.write(random.choice(person.conversations))
        await asyncio.sleep(pause)


async def until_quiet(people: list[Person], seconds: float = 40) -> None:
    """Wait until every outbox is empty and every socket has caught up with every log."""
    try:
        async with asyncio.timeout(seconds):
            while not all(person.quiet for person in people) or not _caught_up(people):
                await asyncio.sleep(0.05)
    except TimeoutError:
        left = [
            (len(person.outbox), person.last, person.errors[-3:], person.closes[-3:]) for person in people
        ]
        raise AssertionError(f"not quiet within {seconds} s: {left}") from None


def _caught_up(people: list[Person]) -> bool:
    heads: dict[str, int] = {}
    for person in people:
        for name, own in person.own.items():
            heads[name] = max(heads.get(name, 0), *own, 0)
    return all(person.last[name] >= heads[name] for person in people for name in person.conversations)


def log_of(server: Server, session: Session, conversation: str) -> list[Frame]:
    """The whole log, page by page."""
    log: list[Frame] = []
    with rest(server, session.token) as http:
        while True:
            answer = http.get(
                f"/api/v1/conversations/{conversation}/messages/",
                params={"after_seq": len(log), "limit": 200},
            )
            assert answer.status_code == 200, answer.text
            page = answer.json()["data"]
            log += page
            if len(page) < 200:
                return log


def check_promises(server: Server, people: list[Person]) -> int:
    """Section 4 of the contract, item by item; the number of acked messages."""
    acked = 0
    for visitor in people[:-1]:
        name = visitor.conversations[0]
        log = log_of(server, visitor.session, name)
        assert [entry["seq"] for entry in log] == list(range(1, len(log) + 1)), "a gap or a repeat"
        keys = [entry["client_msg_id"] for entry in log if entry["client_msg_id"]]
        assert len(keys) == len(set(keys)), "a message is there twice"
        for person in people:
            for (where, key), (seq, id_) in person.acked.items():
                if where == name:
                    acked += 1
                    entry = log[seq - 1]
                    assert (entry["client_msg_id"], entry["id"]) == (key, id_), "an acked message moved"
            for seq, entry in person.seen.get(name, {}).items():
                assert log[seq - 1] == entry, "somebody saw another order"
    return acked


def audit(server: Server) -> None:
    """`manage.py audit_messages` says that nothing is lost, doubled or missing in between."""
    result = server.manage("audit_messages", check=False)
    assert result.returncode == 0, result.stdout + result.stderr
