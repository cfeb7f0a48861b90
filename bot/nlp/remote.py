"""Engines elsewhere, over HTTP: the same request, the same result. Time-out, breaker, bounds.

POST of {"texts", "task", "options"} (`options` one for each text),
`Authorization: Bearer <key>`; the answer is
{"results": [Result, …]}, or {"number", "error",
"message"} with a status of 400 for what the request did wrong.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Sequence
from typing import Any, Final

import httpx
import msgspec
import pybreaker

from bot.nlp.errors import NUMBERS, NlpError
from bot.nlp.request import Request, Result

MAX_ANSWER: Final = 4 * 2**20
"""Bytes: 64 vectors of 1,024 numbers with eight digits are 1 MB."""
FAILURES_TO_OPEN: Final = 5
OPEN_S: Final = 30


class EngineSpec(msgspec.Struct, frozen=True):
    """Which engine, where; see `bot.models.RemoteEngine`."""

    name: str
    url: str
    key: str
    version: str
    timeout_ms: int


class _Answer(msgspec.Struct):
    results: list[Result]


class _Told(msgspec.Struct):
    number: int = 0
    at: int | None = None


class _Refused(msgspec.Struct):
    """The number at the top, or in `details` as this project's own REST interface has it."""

    message: str = ""
    number: int = 0
    at: int | None = None
    details: _Told | None = None


_lock: Final = threading.Lock()
_client: httpx.Client | None = None
_breakers: dict[str, pybreaker.CircuitBreaker] = {}


def ask(spec: EngineSpec, requests: Sequence[Request]) -> list[Result]:
    """Results in the order of requests, all of one task. Raises `NlpError`: 10xx for what is wrong with a
    request, 12xx for an engine that fails.
    """
    try:
        results: list[Result] = _breaker(spec.url).call(_ask, spec, requests)
    except pybreaker.CircuitBreakerError:
        raise NlpError(1205, f"engine {spec.name} is left alone for a moment") from None
    except httpx.TimeoutException:
        raise NlpError(1201, f"engine {spec.name} took longer than {spec.timeout_ms} ms") from None
    except httpx.HTTPError:
        raise NlpError(1202, f"engine {spec.name} is out of reach") from None
    return results


def _ask(spec: EngineSpec, requests: Sequence[Request]) -> list[Result]:
    body = {
        "texts": [request.text for request in requests],
        "task": requests[0].task,
        "options": [request.options for request in requests],
    }
    headers = {"Content-Type": "application/json"}
    if spec.key:
        headers["Authorization"] = f"Bearer {spec.key}"
    began = time.monotonic()
    timeout = httpx.Timeout(spec.timeout_ms / 1000)
    content = msgspec.json.encode(body)
    with _http().stream("POST", spec.url, content=content, headers=headers, timeout=timeout) as response:
        raw = _read(response, began + spec.timeout_ms / 1000)
        status = response.status_code
    if status != 200:
        raise _refused(spec, status, raw)
    try:
        results = msgspec.json.decode(raw, type=_Answer).results
    except msgspec.DecodeError:
        raise NlpError(1204, f"engine {spec.name} answered what is no result") from None
    if len(results) != len(requests) or any(one.task != requests[0].task for one in results):
        raise NlpError(1204, f"engine {spec.name} answered another question")
    took = int((time.monotonic() - began) * 1_000_000) // len(requests)
    return [
        msgspec.structs.replace(
            one, model=one.model or spec.name, version=one.version or spec.version, took_us=took
        )
        for one in results
    ]


def _refused(spec: EngineSpec, status: int, raw: bytes) -> NlpError:
    if status == 400:
        with contextlib.suppress(msgspec.DecodeError):
            refusal = msgspec.json.decode(raw, type=_Refused)
            told = refusal.details or refusal
            if told.number in NUMBERS and told.number < 1100:
                return NlpError(told.number, refusal.message[:300], told.at)
    return NlpError(1203, f"engine {spec.name} refused with {status}")


def _read(response: httpx.Response, deadline: float) -> bytes:
    parts, size = [], 0
    for part in response.iter_bytes():
        size += len(part)
        if size > MAX_ANSWER:
            raise NlpError(1204, "the engine's answer is too long")
        if time.monotonic() > deadline:  # a trickle resets httpx's own time-out with every byte
            raise httpx.ReadTimeout("the answer takes too long", request=response.request)
        parts.append(part)
    return b"".join(parts)


def _http() -> httpx.Client:
    global _client
    with _lock:
        if _client is None:
            _client = httpx.Client(follow_redirects=False, trust_env=False)
        return _client


def _breaker(url: str) -> pybreaker.CircuitBreaker:
    with _lock:
        if url not in _breakers:
            _breakers[url] = pybreaker.CircuitBreaker(
                fail_max=FAILURES_TO_OPEN, reset_timeout=OPEN_S, exclude=[_is_ours], name=url
            )
        return _breakers[url]


def _is_ours(error: Any) -> bool:
    """What the request did wrong is no failure of the engine."""
    return isinstance(error, NlpError) and error.number < 1200
