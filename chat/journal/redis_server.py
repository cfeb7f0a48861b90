"""The Redis server under the journal: its connections, what it must be set to, and what its errors mean."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from chat.journal.base import JournalUnavailable

#: What a server must be set to, and why nothing else will do.
_REQUIRED: Final = {
    "appendonly": ("yes", "without the append-only file a restart loses everything"),
    "appendfsync": ("always", "anything else acknowledges before the disk has it"),
    "no-appendfsync-on-rewrite": ("no", "a rewrite would suspend the fsync"),
    "maxmemory-policy": ("noeviction", "evicted entries are lost messages"),
}


class DamagedConversation(Exception):
    """A conversation's keys contradict each other (somebody changed them by hand); nothing was written."""


class JournalServer:
    """One Redis, or the master of a replicated one.

    `shards`: what a new journal is made with and, after the first call, what this one was made with.
    """

    def __init__(self, url: str, prefix: str, *, shards: int, min_replicas: int, timeout_s: float) -> None:
        self.shards = shards
        self._prefix = prefix
        self._min_replicas = min_replicas
        self._timeout_s = timeout_s
        self._epoch: bytes | None = None
        # No automatic retries: after a timeout it is unknown whether the write happened, and whoever retries
        # knows how to do it safely.
        self.client = redis.Redis.from_url(
            url,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),
            health_check_interval=0,
            redis_connect_func=self._connected,
        )

    def read_epoch(self) -> str | None:
        """The journal's name; from now on every new connection has to find the same."""
        value: Any = self.client.hget(self._prefix + "meta", "epoch")
        self._epoch = value
        return None if value is None else value.decode()

    def close(self) -> None:
        """Close all connections; the next call opens new ones."""
        self._epoch = None
        self.client.close()
        self.client.connection_pool.disconnect()

    @contextlib.contextmanager
    def asking(self) -> Iterator[None]:
        """Turn the server's and the network's errors into JournalUnavailable; the next call opens a new
        connection."""
        try:
            yield
        except redis.ResponseError as error:
            if str(error).startswith("DAMAGED"):
                raise DamagedConversation(str(error)) from error
            self._lost()
            raise JournalUnavailable(f"journal server: {error}") from error
        except (redis.RedisError, OSError) as error:
            self._lost()
            raise JournalUnavailable(f"journal server: {error}") from error

    def _lost(self) -> None:
        # A former master answers READONLY over its old connections for ever.
        self.client.connection_pool.disconnect(inuse_connections=False)

    @contextlib.contextmanager
    def one_connection(self) -> Iterator[redis.Redis]:
        """WAIT speaks of what its own connection wrote, so with replicas both go over the same one."""
        if not self._min_replicas:
            yield self.client
            return
        with redis.Redis(
            connection_pool=self.client.connection_pool, single_connection_client=True
        ) as client:
            yield client

    def await_replicas(self, client: redis.Redis) -> None:
        if not self._min_replicas:
            return
        arrived: Any = client.wait(self._min_replicas, int(self._timeout_s * 1000 / 2))
        if arrived < self._min_replicas:
            raise JournalUnavailable(
                f"{arrived} of {self._min_replicas} replicas have the entries; they may still be stored"
            )

    def _connected(self, connection: Any) -> None:
        """Look at the server before a new connection is used: it may be another one than a moment ago.

        redis-py opens connections anew without a word, so this is the one place that sees every server.
        """
        connection.on_connect()

        def ask(*words: str) -> Any:
            connection.send_command(*words)
            return connection.read_response()

        settings: dict[str, str] = {}
        for name in (*_REQUIRED, "min-replicas-to-write"):
            answer = [word.decode() for word in ask("CONFIG", "GET", name)]
            settings.update(zip(answer[::2], answer[1::2], strict=True))
        for name, (wanted, why) in _REQUIRED.items():
            if settings.get(name) != wanted:
                raise redis.ConnectionError(
                    f"Redis must be set to `{name} {wanted}` (it is {settings.get(name)}): {why}"
                )
        if self._min_replicas and int(settings.get("min-replicas-to-write") or 0) < self._min_replicas:
            raise redis.ConnectionError(
                f"Redis must be set to `min-replicas-to-write {self._min_replicas}`, or a master that was "
                "cut off goes on writing beside its successor"
            )
        meta = self._prefix + "meta"
        if self._epoch is not None and ask("HGET", meta, "epoch") != self._epoch:
            raise redis.ConnectionError("the journal was emptied or replaced while in use: restart")
        ask("HSETNX", meta, "shards", str(self.shards))
        # A conversation lives in one shard for ever: the number the journal began with stands.
        self.shards = int(ask("HGET", meta, "shards"))
