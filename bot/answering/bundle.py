"""The engine of this process, made of what was published and taught, and made anew when that changes.

Whoever asks looks at most twice a second at two numbers: the release of knowledge and the version of the
bot's configuration. A change is there within two seconds: a thread builds it while the old engine goes on for
everybody but the one who noticed, so that a process nobody asked for long does not begin with old answers.
"""

from __future__ import annotations

import threading
import time
import zlib
from datetime import datetime
from typing import Final

import structlog
from django.db import DatabaseError, connection

from bot import config
from bot.answering import briefing, teaching
from bot.answering.encoding import english
from bot.engine import Engine, Understanding
from bot.entities import Entity, EntityLists, extract
from bot.intents.model import IntentModel, UnreadableModel
from bot.intents.prediction import Prediction
from bot.models import TrainedModel
from bot.safety.sensitive import Sensitive
from bot.strategies.base import Passage
from bot.strategies.knowledge import source_of
from bot.strategies.parts import Parts, levels_of
from bot.strategies.rules import RuleBook
from chat.sites import by_id as site_config
from knowledge import heap
from knowledge.publishing.building import Live
from knowledge.publishing.live import live_index
from knowledge.search import OFFER_AT, Hit

log = structlog.get_logger(__name__)

CHECK_S: Final = 0.5
WAIT_S: Final = 2.0
"""Longest wait of who noticed a change; with 10,000 questions building takes 0.3 s."""


class Bundle:
    """What every site's engine shares, as of one moment."""

    def __init__(self, number: int, live: Live) -> None:
        self.number, self.live = number, live
        self.rules: RuleBook = teaching.rule_book()
        self.sensitive: Sensitive = teaching.sensitive()
        self.lists: EntityLists = teaching.lists()
        self.models = _models(live)
        self._engines: dict[tuple[str, int], Engine] = {}
        self._lock = threading.Lock()

    def engine(self, site: str, model: int) -> Engine:
        """The site's engine with the given model (0: without one)."""
        key = (site, model)
        engine = self._engines.get(key)
        if engine is None:
            with self._lock:
                engine = self._engines.get(key)
                if engine is None:
                    engine = self._engines[key] = self._build(site, model)
        return engine

    def choose(self, conversation: str) -> int:
        """Which model answers a conversation: the same all through it."""
        share = zlib.crc32(conversation.encode()) % 100
        for number, canary in self.models_by_share:
            if share < canary:
                return number
        return self.active

    @property
    def active(self) -> int:
        """The number of the model that answers, 0 without one."""
        return max((number for number, (_, _, active) in self.models.items() if active), default=0)

    @property
    def models_by_share(self) -> list[tuple[int, int]]:
        """Canaries and their share in percent, the newest first."""
        return [
            (number, share)
            for number, (_, share, active) in sorted(self.models.items(), reverse=True)
            if share and not active
        ]

    def _build(self, site: str, number: int) -> Engine:
        found = self.models.get(number)
        model = found[0] if found is not None else None
        index, live = self.live.index, self.live
        help_path = f"/help/{site_config(site).public_key}/"

        def predict(folded: str, language: str) -> Prediction | None:
            return model.predict(folded) if model is not None else None

        def retrieve(query: str, at: str, language: str, now: datetime) -> list[Hit]:
            now_ms = int(now.timestamp() * 1000)
            # What is known in the other language only is better than nothing.
            return index.search(
                query, limit=5, site=at, language=language, now_ms=now_ms, widened_below=OFFER_AT
            )

        def read(text: str, now: datetime) -> list[Entity]:
            return extract(text, now, self.lists)

        def passage(hit: Hit) -> Passage:
            entry = index.entry(hit.id)
            return Passage(f"{entry.question}\n{entry.answer}".strip(), source_of(entry, help_path))

        flows, groups = teaching.flows_of(site)
        parts = Parts(
            site, help_path, index, live.graph, live.lexicon, self.rules, self.sensitive, flows, groups
        )  # fmt: skip
        version = f"k{live.number}.c{self.number}.m{number if found is not None else 0}"
        return Engine(
            levels_of(parts), Understanding(read, predict, retrieve, passage), version=version,
            brief=briefing.brief_of,
        )  # fmt: skip


_lock = threading.Lock()
_bundle: Bundle | None = None
_checked = 0.0
_builder: threading.Thread | None = None


def current(conversation: str, site: str) -> Engine:
    """The engine that answers the conversation. May touch the database."""
    bundle = bundle_now()
    return bundle.engine(site, bundle.choose(conversation))


def bundle_now() -> Bundle:
    """What is live, at most two seconds old."""
    global _checked
    kept = _bundle
    if kept is None:
        return _first()
    now = time.monotonic()
    if now - _checked < CHECK_S:
        return kept
    _checked = now
    try:
        live = live_index()
        number = config.version()
    except DatabaseError:
        return kept  # what was true goes on answering
    if live.number != kept.live.number or number != kept.number:
        _build_beside(number, live).join(WAIT_S)
    return _bundle or kept


def forget() -> None:
    """Build anew with the next question (tests; and whoever has just taught it in this process)."""
    global _bundle, _checked
    with _lock:
        _bundle, _checked = None, 0.0


def _first() -> Bundle:
    global _bundle, _checked
    with _lock:
        if _bundle is None:
            _bundle = Bundle(config.version(), live_index())
            _checked = time.monotonic()
            heap.give_back()
        return _bundle


def _build_beside(number: int, live: Live) -> threading.Thread:
    """One builder at a time."""
    global _builder
    with _lock:
        if _builder is None or not _builder.is_alive():
            _builder = threading.Thread(target=_rebuild, args=(number, live), name="bot-build", daemon=True)
            _builder.start()
        return _builder


def _rebuild(number: int, live: Live) -> None:
    global _bundle
    try:
        built = Bundle(number, live)
        with _lock:
            _bundle = built
        heap.give_back()
        log.info("bot_rebuilt", config=number, release=live.number)
    except Exception:
        # A rule that cannot be compared, a database that went away: what was there goes on answering.
        log.exception("bot_not_rebuilt", config=number, release=live.number)
    finally:
        connection.close()


def _models(live: Live) -> dict[int, tuple[IntentModel, int, bool]]:
    """The learnt models that answer anybody: number → (model, canary share, active)."""
    rows = TrainedModel.objects.filter(active=True) | TrainedModel.objects.filter(canary_percent__gt=0)
    models = {}
    for row in rows.order_by("number"):
        try:
            model = IntentModel.from_bytes(bytes(row.data), lexicon=live.lexicon, encoder=english())
        except UnreadableModel as error:
            log.error("model_not_readable", model=row.number, error=str(error))
            continue
        models[row.number] = (model, row.canary_percent, row.active)
    return models
