"""Engines elsewhere, over HTTP: the same request, the same result. Time-out, breaker, bounds.

POST of {"texts", "task", "options"} (`options` one for each text),
`Authorization: Bearer <key>`; the answer is
{"results": [Result, …]}, or {"number", "error",
"message"} with a status of 400 for what the request did wrong.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from typing import Final

import httpx
import msgspec
import pybreaker

from bot import outgoing
from bot.nlp.errors import NUMBERS, NlpError
from bot.nlp.request import Request, Result

MAX_ANSWER: Final = 4 * 2**20
"""Bytes: 64 vectors of 1,024 numbers with eight digits are 1 MB."""
FAILURES_TO_OPEN: Final = 5


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


def _is_ours(error: BaseException) -> bool:
    """What the request did wrong is no failure of the engine."""
    return isinstance(error, NlpError) and error.number < 1200


_breakers: Final = outgoing.Breakers(FAILURES_TO_OPEN, harmless=_is_ours)


def ask(spec: EngineSpec, requests: Sequence[Request]) -> list[Result]:
    """Results in the order of requests, all of one task. Raises `NlpError`: 10xx for what is wrong with a
    request, 12xx for an engine that fails.
    """
    try:
        results: list[Result] = _breakers(spec.url).call(_ask, spec, requests)
    except pybreaker.CircuitBreakerError:
        raise NlpError(1205, f"engine {spec.name} is left alone for a moment") from None
    except httpx.TimeoutException:
        raise NlpError(1201, f"engine {spec.name} took longer than {spec.timeout_ms} ms") from None
    except httpx.DecodingError:
        raise NlpError(1204, f"engine {spec.name} answered too much, or what nobody can decode") from None
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
    with outgoing.http().stream(
        "POST", spec.url, content=content, headers=headers, timeout=timeout
    ) as response:
        raw = outgoing.whole(response, MAX_ANSWER, began + spec.timeout_ms / 1000)
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
