"""The interface's door: which engine, its share of the calls, and the local one where it fails."""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import structlog
from django.conf import settings

from bot import metrics
from bot.models import RemoteEngine
from bot.nlp import local, remote
from bot.nlp.batching import Batcher
from bot.nlp.errors import NlpError
from bot.nlp.remote import EngineSpec
from bot.nlp.request import Request, Result, Task, request_of, requests_of

log = structlog.get_logger(__name__)

TTL_S: Final = 2.0
BATCHED: Final[frozenset[Task]] = frozenset({"intent", "embed"})
"""Tasks of one inference for many; the others cost the same together as one by one."""

_lock: Final = threading.Lock()
_engines: tuple[float, list[tuple[EngineSpec, frozenset[str], int]]] | None = None


def understand(text: Any, task: Any, options: Any = None) -> Result:
    """One text. Raises `NlpError`. Calls from several threads at once are one inference."""
    request = request_of(text, task, options)
    spec = engine_for(request)
    if spec is not None:
        try:
            return remote.ask(spec, [request.for_others()])[0]
        except NlpError as error:
            _fall_back(spec, error)
    if request.task in BATCHED:
        return batcher().call(request, request.task)
    return local.compute([request])[0]


def understand_many(texts: Any, task: Any, options: Any = None) -> list[Result]:
    """Up to 64 texts of one task, in their order. Raises `NlpError`."""
    return _many(requests_of(texts, task, options))


def _many(requests: Sequence[Request]) -> list[Result]:
    """Each engine is asked once for all that are its share."""
    shares: dict[EngineSpec | None, list[int]] = {}
    for at, request in enumerate(requests):
        shares.setdefault(engine_for(request), []).append(at)
    found: dict[int, Result] = {}
    for spec, places in shares.items():
        part = [requests[at] for at in places]
        results = None
        if spec is not None:
            try:
                results = remote.ask(spec, [request.for_others() for request in part])
            except NlpError as error:
                _fall_back(spec, error)
        found |= zip(places, results if results is not None else local.compute(part), strict=True)
    return [found[at] for at in range(len(requests))]


def engine_for(request: Request) -> EngineSpec | None:
    """The remote engine whose share the request is; None: it is computed here. The same key, or the same
    text, always goes the same way.
    """
    share = zlib.crc32(str(request.options.get("key") or request.text).encode()) % 100
    for spec, tasks, percent in engines():
        if request.task in tasks:
            if share < percent:
                return spec
            share -= percent
    return None


def engines() -> list[tuple[EngineSpec, frozenset[str], int]]:
    """Enabled engines with their tasks and shares, at most two seconds old. May touch the database."""
    global _engines
    kept = _engines
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    with _lock:
        rows = RemoteEngine.objects.filter(enabled=True).order_by("name")
        found = [
            (
                EngineSpec(row.name, row.url, row.key, row.version, row.timeout_ms),
                frozenset(str(task) for task in row.tasks),
                row.canary_percent,
            )
            for row in rows
        ]
        _engines = (time.monotonic() + TTL_S, found)
        return found


def forget() -> None:
    """Read the engines anew with the next call."""
    global _engines
    _engines = None


@cache
def batcher() -> Batcher[Request, Result]:
    """The one of this process."""
    return Batcher(local.compute, window_us=settings.KEFU_NLP_WINDOW_US)


def _fall_back(spec: EngineSpec, error: NlpError) -> None:
    """Note that the local engine takes over; what is wrong with the request itself is raised."""
    if error.number < 1200:
        raise error
    metrics.ENGINE_FAILURES.labels(engine=spec.name, error=error.name).inc()
    log.warning("engine_failed", engine=spec.name, error=error.name)
