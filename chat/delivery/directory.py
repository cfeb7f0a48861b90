"""Who is subscribed where: leases of processes on topics, in Redis. Only the scaled mode has one.

A sorted set per topic: member = the process's channel, score = when its lease ends (s since the epoch). A
process that dies simply stops renewing. Losing the directory costs speed, not messages: the sweep of heads
heals.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, cast

from django.conf import settings

if TYPE_CHECKING:
    from redis import Redis

LEASE_S: Final = 30
RENEW_S: Final = 10
_CHUNK: Final = 1_000


class Directory:
    """Synchronous on purpose: called from threads, one pipeline per call."""

    def __init__(self, client: Redis, prefix: str, channel: str) -> None:
        self._redis = client
        self._prefix = prefix
        self._channel = channel

    def _key(self, topic: str) -> str:
        return f"{self._prefix}:where:{topic}"

    def lease(self, topics: Iterable[str]) -> None:
        """Say, or say again, that this process has subscribers of these topics."""
        until = time.time() + LEASE_S
        chunk = list(topics)
        for start in range(0, len(chunk), _CHUNK):
            with self._redis.pipeline(transaction=False) as pipe:
                for topic in chunk[start : start + _CHUNK]:
                    pipe.zadd(self._key(topic), {self._channel: until})
                    pipe.expire(self._key(topic), LEASE_S * 2)
                pipe.execute()

    def release(self, topics: Iterable[str]) -> None:
        """The last subscriber here has gone."""
        with self._redis.pipeline(transaction=False) as pipe:
            for topic in topics:
                pipe.zrem(self._key(topic), self._channel)
            pipe.execute()

    def find(self, topics: list[str]) -> dict[str, list[str]]:
        """Channels of the processes with living leases, by topic."""
        now = time.time()
        with self._redis.pipeline(transaction=False) as pipe:
            for topic in topics:
                pipe.zrangebyscore(self._key(topic), now, "+inf")
            answers = cast(list[list[bytes]], pipe.execute())
        return {
            topic: [member.decode() for member in members]
            for topic, members in zip(topics, answers, strict=True)
            if members
        }


def open_directory(channel: str) -> Directory:
    """The directory as the settings say, for a process that is reached through `channel` ("" for one that
    only looks up).
    """
    from redis import Redis  # 5 MB that the embedded mode never needs

    client = Redis.from_url(settings.KEFU_REDIS_URL, socket_timeout=5)
    return Directory(client, settings.KEFU_REDIS_PREFIX, channel)
