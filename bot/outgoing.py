"""What every call of somebody else's server has: one client in the process, a breaker for each address, and
an answer that is bounded in bytes and in time. Who calls gives the failures their names.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

import httpx
import pybreaker

OPEN_S: Final = 30
"""How long an address is left alone after its failures in a row; whoever asks meanwhile is told at once."""

_lock: Final = threading.Lock()
_client: httpx.Client | None = None


def http() -> httpx.Client:
    """The process's client. Safe in threads."""
    global _client
    with _lock:
        if _client is None:
            # Redirects could lead anywhere, and environment proxies are not the operator's choice here.
            _client = httpx.Client(follow_redirects=False, trust_env=False)
        return _client


class Breakers:
    """A breaker for every name that is asked for, made at its first use.

    `failures`: in a row, until it opens; `harmless`: whether an exception says nothing against the address.
    """

    def __init__(self, failures: int, harmless: Callable[[BaseException], bool]) -> None:
        self._failures = failures
        self._harmless = harmless
        self._made: dict[str, pybreaker.CircuitBreaker] = {}

    def __call__(self, name: str) -> pybreaker.CircuitBreaker:
        """Its `call` and `calling` raise `pybreaker.CircuitBreakerError` while it is open."""
        with _lock:
            if name not in self._made:
                self._made[name] = pybreaker.CircuitBreaker(
                    fail_max=self._failures, reset_timeout=OPEN_S, exclude=[self._harmless], name=name
                )
            return self._made[name]

    def forget(self) -> None:
        """As if nobody had been called yet."""
        with _lock:
            self._made.clear()


def pieces(response: httpx.Response, most: int, ends: Callable[[], float]) -> Iterator[bytes]:
    """The body as it comes. `most`: bytes; `ends()`: the moment of `time.monotonic` by which the next piece
    has to be there, for a trickle resets httpx's own time-out with every byte.

    Raises `httpx.DecodingError` for a body that is too long, `httpx.ReadTimeout`, and what httpx raises.
    """
    size = 0
    for piece in response.iter_bytes():
        size += len(piece)
        if size > most:
            raise httpx.DecodingError("the answer is too long", request=response.request)
        if time.monotonic() > ends():
            raise httpx.ReadTimeout("the answer takes too long", request=response.request)
        yield piece


def whole(response: httpx.Response, most: int, deadline: float) -> bytes:
    """The body; see `pieces`."""
    return b"".join(pieces(response, most, lambda: deadline))


def lines(parts: Iterator[bytes], most: int) -> Iterator[bytes]:
    """The lines of a stream as they end, without the end; the rest last, if there is one.

    Raises `httpx.DecodingError` for a line of more than `most` bytes, before it is kept whole.
    """
    rest = b""
    for part in parts:
        *ended, rest = (rest + part).split(b"\n")
        if len(rest) > most or any(len(line) > most for line in ended):
            raise httpx.DecodingError("a line of the answer is too long")
        for line in ended:
            yield line.removesuffix(b"\r")
    if rest:
        yield rest
