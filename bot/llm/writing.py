"""Level 4 as one step: which model writes at a site, what it may spend, one answer written by it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec
import structlog
from django.core.cache import cache

from bot import metrics
from bot.llm.client import CHARACTERS_A_TOKEN, ModelFailed, ModelSpec, stream
from bot.llm.prompting import growing, messages, spoken
from bot.models import LanguageModel
from bot.remembered import Remembered
from bot.strategies.base import Passage, Said, Source

log = structlog.get_logger(__name__)

PARTIAL_EVERY_S: Final = 0.1
"""How often a growing answer is shown: faster is not read, and each is a frame to everybody who follows."""
_DAY_S: Final = 86_400


class Writer(msgspec.Struct, frozen=True):
    """A model that writes, as of at most two seconds ago. `tokens_a_day`: its budget."""

    id: str
    spec: ModelSpec
    instructions: str
    tokens_a_day: int


class Writing(msgspec.Struct, frozen=True):
    """What came of asking it. `outcome`: ok, unsourced (no passage cited: not said), budget, or why it
    failed; `text`: all it wrote; `words`, `sources`: what may be said of it, empty unless ok.
    """

    model: str
    outcome: str
    text: str = ""
    words: str = ""
    sources: tuple[Source, ...] = ()
    tokens: int = 0
    took_ms: int = 0


def writer_of(site: str) -> Writer | None:
    """The model that writes at the site: its own, else the one for all. May touch the database."""
    writers = _writers.now()
    return writers.get(site) or writers.get("")


def claim(writer: Writer, conversation: str, seq: int) -> bool:
    """Whether it is this process that has the answer written. Another one's claim ends with the time the
    model has, so what it leaves behind is taken up again.
    """
    seconds = writer.spec.timeout_ms / 1000 + 1
    return bool(cache.add(_claim_key(conversation, seq), 1, seconds))


def being_written(asked: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """Those of (conversation, seq) whose answer a model is writing now, in any process."""
    keys = {_claim_key(conversation, seq): (conversation, seq) for conversation, seq in asked}
    return {keys[key] for key in cache.get_many(list(keys))} if keys else set()


def write(
    writer: Writer,
    question: str,
    passages: Sequence[Passage],
    said: Sequence[Said],
    show: Callable[[str], None] | None = None,
    first_ms: int | None = None,
) -> Writing:
    """Have it write the answer to `question` from the passages; `show` gets the growing words. Never raises
    for the model. `first_ms`: how long it may be silent.
    """
    spec = writer.spec
    if not _may_spend(writer):
        metrics.MODEL_CALLS.labels(outcome="budget").inc()
        return Writing(spec.model, "budget")
    if first_ms is not None:
        spec = msgspec.structs.replace(spec, silence_ms=first_ms)
    began, shown = time.monotonic(), 0.0
    text, tokens, outcome = "", 0, "ok"
    try:
        for delta in stream(spec, messages(question, passages, said, writer.instructions)):
            text += delta.text
            tokens += delta.tokens
            if show is not None and time.monotonic() - shown >= PARTIAL_EVERY_S and (now := growing(text)):
                shown = time.monotonic()
                show(now)
    except ModelFailed as error:
        outcome = error.reason
        tokens = int(len(text) / CHARACTERS_A_TOKEN)
        log.warning("model_failed", model=spec.model, reason=error.reason)
    _spend(writer, tokens)
    found = spoken(text, passages) if outcome == "ok" else None
    if outcome == "ok" and found is None:
        outcome = "unsourced"
    metrics.MODEL_CALLS.labels(outcome=outcome).inc()
    words, sources = found or ("", ())
    took_ms = int((time.monotonic() - began) * 1000)
    return Writing(spec.model, outcome, text, words, sources, tokens, took_ms)


def forget() -> None:
    """Read the models anew with the next question."""
    _writers.forget()


def _load() -> dict[str, Writer]:
    rows = LanguageModel.objects.filter(enabled=True).order_by("-updated_at")
    found: dict[str, Writer] = {}
    for row in rows:
        spec = ModelSpec(row.base_url, row.key, row.model, row.max_tokens, row.timeout_ms)
        writer = Writer(str(row.pk), spec, row.instructions, row.tokens_a_day)
        found.setdefault(_place(row.site_id), writer)
    return found


def _claim_key(conversation: str, seq: int) -> str:
    return f"bot:writing:{conversation}:{seq}"


def _place(site: UUID | None) -> str:
    return "" if site is None else str(site)


def _may_spend(writer: Writer) -> bool:
    return int(cache.get(_budget_key(writer)) or 0) < writer.tokens_a_day


def _spend(writer: Writer, tokens: int) -> None:
    key = _budget_key(writer)
    if tokens and not cache.add(key, tokens, _DAY_S):
        cache.incr(key, tokens)


def _budget_key(writer: Writer) -> str:
    return f"bot:tokens:{writer.id}:{int(time.time()) // _DAY_S}"


_writers: Final = Remembered(_load)
"""By site id, "" for every site."""
