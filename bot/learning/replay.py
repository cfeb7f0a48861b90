"""Yesterday's questions asked again, of the engine over everything that is written and not yet published."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from bot import sites
from bot.answering.around import NOWHERE, Around, around
from bot.answering.bundle import Bundle
from bot.dialog.state import DialogState
from bot.engine import Asked, Outcome
from bot.learning.comparing import Given, Pair, Report, report_of
from bot.models import Answered
from bot.strategies.base import Said
from chat import sites as chat_sites

log = structlog.get_logger(__name__)

MOST: Final = 20_000
SHORT: Final = 80


def replay(
    since_ms: int,
    until_ms: int,
    bundle: Callable[[], Bundle],
    *,
    only: Collection[str] | None = None,
    most: int = MOST,
) -> Report:
    """Ask again what was asked from `since_ms` until before `until_ms`, oldest talk first, each talk with its
    own memory and the page it began on; `only`: at these sites. What is known of the visitor is what is
    known today. Raises `DatabaseError`.
    """
    rows = Answered.objects.filter(at_ms__gte=since_ms, at_ms__lt=until_ms)
    if only is not None:
        rows = rows.filter(site_id__in=list(only))
    found = list(rows.defer("trace").order_by("at_ms")[: most + 1])
    cut, found = len(found) > most, found[:most]
    found.sort(key=lambda row: (row.conversation, row.seq))
    pairs: list[Pair] = []
    failed = 0
    made = bundle() if found else None
    places = around(dict.fromkeys(str(row.conversation) for row in found))
    for conversation, talk in groupby(found, key=lambda row: row.conversation):
        assert made is not None
        new, missed = _talk(list(talk), made, places.get(str(conversation), NOWHERE))
        pairs += new
        failed += missed
    pairs.sort(key=lambda pair: pair.at_ms)
    return report_of(pairs, failed, cut)


def _talk(rows: list[Answered], bundle: Bundle, place: Around) -> tuple[list[Pair], int]:
    """A conversation's questions in their order; where one fails, the next goes on with what stands."""
    site = chat_sites.by_id(str(rows[0].site_id))
    bot = sites.everywhere().get(site.id)
    engine = bundle.engine(site.id, bundle.active)
    state, said = DialogState(), list[Said]()
    pairs, failed = [], 0
    for row in rows:
        asked = Asked(
            text=row.question,
            now=datetime.fromtimestamp(row.at_ms / 1000, ZoneInfo(site.time_zone)),
            site=site.id,
            state=state,
            locale=site.locale,
            wordless=not row.question.strip(),
            page=place.page,
            visitor=place.visitor,
            history=tuple(said[-10:]),
        )
        if bot is not None:
            asked = bot.asks(asked)
        try:
            outcome = engine.answer(asked)
        except Exception:
            log.exception("replay_failed", conversation=str(row.conversation), seq=row.seq)
            failed += 1
            continue
        state = outcome.state
        said += [Said("visitor", row.question), Said("bot", outcome.plain)]
        pairs.append(
            Pair(str(row.conversation), row.seq, row.question, _was(row), _would(outcome), row.at_ms)
        )
    return pairs, failed


def _was(row: Answered) -> Given:
    title = ", ".join(str(source.get("title", "")) for source in row.sources)
    ids = tuple(str(source.get("id", "")) for source in row.sources)
    return Given(row.outcome, row.level, row.intent, ids, title)


def _would(outcome: Outcome) -> Given:
    answer = outcome.answer
    if answer.action is not None:
        # The endpoint is not asked again; what it answered then stands for what it would answer now.
        ids: tuple[str, ...] = (answer.action.endpoint,)
        return Given("answered", answer.level, outcome.intent, ids, answer.action.endpoint)
    title = ", ".join(source.title for source in answer.sources) or outcome.plain[:SHORT]
    ids = tuple(source.id for source in answer.sources)
    return Given(answer.outcome, answer.level, outcome.intent, ids, title)
