"""The journal cannot be written: sends are refused as retryable, nothing is half-written, and it recovers."""

import asyncio
import resource
import sqlite3

import pytest

from tests.faults.talk import audit, check_promises, crowd, talking, until_quiet, write_on
from tests.support.client import joined, visitor_session
from tests.support.server import ServerFactory

pytestmark = pytest.mark.fault
UNLIMITED = {"KEFU_RATE_LIMIT": "off"}


async def test_a_locked_journal(server_factory: ServerFactory) -> None:
    server = server_factory.start("embedded", env=UNLIMITED)
    session = await asyncio.to_thread(visitor_session, server)
    people = await crowd(server, visitors=2)
    async with joined(session) as client, talking(people):
        await write_on(people, 0.4)
        first = await client.say(session.conversation, "before", "before")
        lock = sqlite3.connect(server.data_dir / "journal.sqlite3", isolation_level=None)
        try:
            lock.execute("BEGIN EXCLUSIVE")
            text = {"conversation": session.conversation, "client_msg_id": "k", "kind": "text", "text": "x"}
            await client.send("message.send", text)
            error = (await client.expect("error", timeout=15))["payload"]
            assert (error["code"], error["retryable"]) == ("journal_unavailable", True)
            assert error["retry_after_s"] > 0
        finally:
            lock.close()
        second = await client.say(session.conversation, "x", "k")
        assert second["seq"] == first["seq"] + 1
        await write_on(people, 0.3)
        await until_quiet(people)
    check_promises(server, people)
    audit(server)


async def test_a_full_disk(server_factory: ServerFactory) -> None:
    server = server_factory.start("embedded", env=UNLIMITED)
    people = await crowd(server, visitors=3)
    before = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    async with talking(people):
        await write_on(people, 0.6)
        await until_quiet(people)
        # No file of the process may grow any more: what a full disk says, without filling one.
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (4096, before[1]))
        try:
            async with asyncio.timeout(20):
                while not any("journal_unavailable" in person.errors for person in people):
                    await write_on(people, 0.2)
        finally:
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, before)
        await write_on(people, 0.3)
        await until_quiet(people)
    assert {code for person in people for code in person.errors} == {"journal_unavailable"}
    assert check_promises(server, people) > 20
    audit(server)
