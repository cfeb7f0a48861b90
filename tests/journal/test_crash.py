"""SIGKILL in the middle of batches, and servers that die: what was told as stored is there afterwards."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from chat.journal.base import Append, JournalUnavailable, Stored
from chat.protocol.entry import new_id
from tests.journal.support import NOW, begin, open_journal, say, stored
from tests.journal.test_concurrency import check_whole
from tests.support.services import free_port
from tests.support.waiting import eventually

pytestmark = pytest.mark.fault


def write_until_killed(spec: str, name: str, conversations: list[str], lines: int) -> list[list[object]]:
    """Run a writer, SIGKILL it after it told of some batches, and return all that it told."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.journal.writer_process", spec, name, "0", *conversations],
        stdout=subprocess.PIPE,
        bufsize=0,
    )
    assert process.stdout is not None
    told = b""
    while told.count(b"\n") < lines:
        told += os.read(process.stdout.fileno(), 65536)
    process.send_signal(signal.SIGKILL)
    told += process.stdout.read()
    process.wait(10)
    process.stdout.close()
    whole = told[: told.rfind(b"\n") + 1]
    return [each for line in whole.splitlines() for each in json.loads(line)]


def test_a_writer_killed_again_and_again(spec: str) -> None:
    journal = open_journal(spec)
    conversations = [begin(journal) for _ in range(3)]
    told: list[list[object]] = []
    for turn in range(6):
        told += write_until_killed(spec, f"t{turn}", conversations, random.randint(1, 40))
    journal.close()
    journal = open_journal(spec)
    whole = {conversation: check_whole(journal, conversation) for conversation in conversations}
    for conversation, key, seq, id_ in told:
        assert whole[str(conversation)][int(str(seq))] == id_
        (again,) = journal.write([say(str(conversation), str(key))], NOW)
        assert isinstance(again, Stored) and again.repeated and again.entries[0].id == id_
    # At most the batches that were under way at the kills were stored without being told.
    assert len(told) <= sum(map(len, whole.values())) <= len(told) + 6 * 60
    for conversation in conversations:
        assert (
            stored(journal.write([say(conversation)], NOW)[0]).entries[0].seq == len(whole[conversation]) + 1
        )
    journal.close()


class RedisServer:
    """A Redis of one test, which may be killed and started again over the same files."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.folder = folder
        self.options = options
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(exist_ok=True)

    def start(self) -> None:
        """Start and wait until it answers."""
        command = ["redis-server", "--port", str(self.port), "--dir", str(self.folder), "--bind", "127.0.0.1"]
        durable = ["--save", "", "--appendonly", "yes", "--appendfsync", "always"]
        self.process = subprocess.Popen([*command, *durable, *self.options], stdout=subprocess.DEVNULL)

        def answers() -> bool:
            try:
                return bool(redis.Redis.from_url(self.url).ping())
            except redis.RedisError:
                return False

        eventually(answers, 15)

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of one's own, running."""
    server = RedisServer(tmp_path / "redis")
    server.start()
    yield server
    server.kill()


def test_redis_killed_and_started_again(redis_server: RedisServer) -> None:
    journal = open_journal(f"redis {redis_server.url} {new_id()}")
    conversations = [begin(journal) for _ in range(3)]
    told: dict[str, dict[int, str]] = {conversation: {} for conversation in conversations}
    unsure: list[Append] = []
    for turn in range(3):
        batches = 0
        while True:
            batch = [say(conversations[i % 3], f"{turn}-{batches}-{i}") for i in range(20)]
            if batches == 15:
                redis_server.kill()
            try:
                outcomes = journal.write(batch, NOW)
            except JournalUnavailable:
                unsure += batch
                break
            for append, outcome in zip(batch, outcomes, strict=True):
                entry = stored(outcome).entries[0]
                told[append.conversation][entry.seq] = entry.id
            batches += 1
        assert batches == 15
        redis_server.start()
        journal.check()
        for append, outcome in zip(unsure, journal.write(unsure, NOW), strict=True):
            entry = stored(outcome).entries[0]
            told[append.conversation][entry.seq] = entry.id
    for conversation in conversations:
        assert check_whole(journal, conversation) == told[conversation]
    journal.close()


def test_redis_that_hangs_is_unavailable_and_comes_back(redis_server: RedisServer) -> None:
    from chat.journal.redis import RedisJournal

    journal = RedisJournal(redis_server.url, timeout_s=0.3)
    journal.open()
    conversation = begin(journal)
    assert redis_server.process is not None
    redis_server.process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(JournalUnavailable):
            journal.write([say(conversation, "k")], NOW)
        with pytest.raises(JournalUnavailable):
            journal.heads([conversation])
    finally:
        redis_server.process.send_signal(signal.SIGCONT)
    journal.check()
    # Whether the first try arrived or not, now it is stored once.
    entry = stored(journal.write([say(conversation, "k")], NOW)[0]).entries[0]
    assert (entry.seq, list(check_whole(journal, conversation))) == (1, [1])
    journal.close()


def test_a_full_redis_writes_nothing_and_recovers(redis_server: RedisServer) -> None:
    journal = open_journal(f"redis {redis_server.url} {new_id()}")
    conversations = [begin(journal) for _ in range(20)]
    client = redis.Redis.from_url(redis_server.url)
    client.config_set("maxmemory", "1")
    batch = [say(conversation, "k") for conversation in conversations]
    with pytest.raises(JournalUnavailable):
        journal.write(batch, NOW)
    client.config_set("maxmemory", "0")
    for conversation in conversations:
        assert journal.read_after(conversation, 0, 10) == [] == journal.known(conversation)
    assert all(not stored(outcome).repeated for outcome in journal.write(batch, NOW))
    for conversation in conversations:
        assert len(check_whole(journal, conversation)) == 1
    journal.close()


def test_a_redis_that_came_back_empty_is_refused(redis_server: RedisServer) -> None:
    journal = open_journal(f"redis {redis_server.url} {new_id()}")
    journal.set_epoch("mine")
    conversation = begin(journal)
    journal.write([say(conversation)], NOW)
    redis_server.kill()
    shutil.rmtree(redis_server.folder)
    redis_server.folder.mkdir()
    redis_server.start()
    for _ in range(3):
        with pytest.raises(JournalUnavailable, match="emptied or replaced"):
            journal.write([say(conversation)], NOW)
        with pytest.raises(JournalUnavailable, match="emptied or replaced"):
            journal.heads([conversation])
    journal.close()
    journal.open()
    assert journal.epoch() is None
    journal.close()


def test_a_script_that_the_server_forgot_is_loaded_again(redis_server: RedisServer) -> None:
    journal = open_journal(f"redis {redis_server.url} {new_id()}")
    conversation = begin(journal)
    journal.write([say(conversation)], NOW)
    redis.Redis.from_url(redis_server.url).script_flush()
    assert stored(journal.write([say(conversation)], NOW)[0]).entries[0].seq == 2
    journal.close()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("appendonly", "no"),
        ("appendfsync", "everysec"),
        ("no-appendfsync-on-rewrite", "yes"),
        ("maxmemory-policy", "allkeys-lru"),
    ],
)
def test_an_unsafe_redis_is_refused(redis_server: RedisServer, setting: str, value: str) -> None:
    client = redis.Redis.from_url(redis_server.url)
    client.config_set(setting, value)
    with pytest.raises(JournalUnavailable, match=setting):
        open_journal(f"redis {redis_server.url} {new_id()}")


def test_with_replicas_an_entry_counts_when_one_has_it(redis_server: RedisServer, tmp_path: Path) -> None:
    from chat.journal.redis import RedisJournal

    master = redis.Redis.from_url(redis_server.url)
    with pytest.raises(JournalUnavailable, match="min-replicas-to-write"):
        RedisJournal(redis_server.url, min_replicas=1).open()
    replica = RedisServer(tmp_path / "replica", "--replicaof", "127.0.0.1", str(redis_server.port))
    replica.start()
    try:

        def follows() -> bool:
            told: Any = master.info("replication")
            return bool(told.get("slave0", {}).get("state") == "online")

        eventually(follows, 20)
        master.config_set("min-replicas-to-write", 1)
        journal = RedisJournal(redis_server.url, min_replicas=1, prefix="r", timeout_s=1)
        journal.open()
        conversation = begin(journal)
        stored(journal.write([say(conversation, "k")], NOW)[0])
        copy = redis.Redis.from_url(replica.url)
        assert copy.xlen(f"r:journal:body:{conversation}") == 1
        assert replica.process is not None
        replica.process.send_signal(signal.SIGSTOP)
        with pytest.raises(JournalUnavailable, match="replicas"):
            journal.write([say(conversation, "late")], NOW)
        # It may be on the master; a retry must not count as stored before a replica has it either.
        with pytest.raises(JournalUnavailable, match="replicas"):
            journal.write([say(conversation, "late")], NOW)
        replica.process.send_signal(signal.SIGCONT)
        outcome = stored(journal.write([say(conversation, "late")], NOW)[0])
        assert (outcome.repeated, outcome.entries[0].seq) == (True, 2)
        journal.close()
    finally:
        replica.kill()


def test_keys_that_contradict_each_other_stop_that_conversation_only(redis_server: RedisServer) -> None:
    from chat.journal.redis_server import DamagedConversation

    journal = open_journal(f"redis {redis_server.url} damaged")
    good, bad = begin(journal), begin(journal)
    journal.write([say(good, "1"), say(bad, "1"), say(bad, "2")], NOW)
    redis.Redis.from_url(redis_server.url).hset(f"damaged:journal:head:{bad}", "head", "1")
    with pytest.raises(DamagedConversation, match=bad):
        journal.write([say(good, "2"), say(bad, "3")], NOW)
    assert len(check_whole(journal, good)) == 1, "nothing was written"
    assert stored(journal.write([say(good, "2")], NOW)[0]).entries[0].seq == 2
    journal.close()
