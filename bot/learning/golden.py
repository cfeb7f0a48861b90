"""Golden questions asked of the whole bot: what a visitor would get is what holds up a release, not what the
search alone would find. Rules, intents and a site's threshold count as they stand now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings

from bot import config, sites
from bot.answering.bundle import Bundle, bundle_now
from bot.dialog.state import DialogState
from bot.engine import Asked, Outcome
from bot.learning.draft import NUMBER
from bot.sites import SiteBot
from knowledge.publishing import golden
from knowledge.publishing.building import Live
from knowledge.publishing.content import item_of

log = structlog.get_logger(__name__)

MOST_SITES: Final = 10
"""Where a question of every site is asked: each costs 2 ms, and a release asks hundreds of them twice."""
NOT_ANSWERED: Final = ("honest", "choices")
LONGEST: Final = 120

Answering = Callable[[Asked], Outcome]


def run(asked: Sequence[golden.Asked], candidate: golden.Candidate) -> list[golden.Result]:
    """The runner that the knowledge room asks (`knowledge.ports.GoldenRunner`).

    Each question is asked at its site, else at the site of what must answer it, else at every site with a
    bot, where all have to be right. Where no bot answers, the search alone is asked. Raises `DatabaseError`.
    """
    bots = sites.everywhere() if settings.KEFU_BOT else {}
    bundle = _bundle(candidate) if bots and asked else None
    results = []
    for one in asked:
        found = None
        for bot in _where(one, candidate, bots):
            assert bundle is not None
            engine = bundle.engine(bot.site, bundle.active)
            found = judge(one, _question(one, bot, candidate.now_ms), engine.answer)
            if not found.passed:
                break
        results.append(found or golden.run([one], candidate)[0])
    return results


def judge(one: golden.Asked, question: Asked, answer: Answering) -> golden.Result:
    """Ask it, and say whether that is what must come of it. An engine that fails is wrong. Pure."""
    try:
        outcome = answer(question)
    except Exception:
        log.exception("golden_question_failed", question=one.id)
        return golden.Result(
            one.id, one.query, one.expected, None, "", 0.0, False,
            to_people=one.to_people, wanted=one.wanted, outcome="failure",
        )  # fmt: skip
    said = outcome.answer
    answered = said.outcome not in (*NOT_ANSWERED, "handed")
    got = item_of(said.sources[0].id) if answered and said.sources else None
    by_people = said.handover is not None
    if one.to_people:
        passed = by_people
    elif one.expected is None:
        # Who is given to people because nothing was found was not answered; who asks for people has been.
        passed = said.outcome in NOT_ANSWERED or (by_people and said.level == "honest")
    else:
        passed = answered and one.expected in {item_of(source.id) for source in said.sources}
    return golden.Result(
        one.id, one.query, one.expected, got, _title(outcome), round(min(1.0, said.confidence), 4), passed,
        to_people=one.to_people, wanted=one.wanted, outcome=said.outcome, level=said.level,
    )  # fmt: skip


def _bundle(candidate: golden.Candidate) -> Bundle:
    """The engines over the candidate; those that answer visitors when it is what is live."""
    now = bundle_now()
    if now.live.index is candidate.index and now.number == config.version():
        return now
    return Bundle(config.version(), Live(NUMBER, candidate.index, candidate.lexicon, candidate.graph))


def _where(one: golden.Asked, candidate: golden.Candidate, bots: dict[str, SiteBot]) -> Sequence[SiteBot]:
    """The bots it is asked of; none where visitors would meet none."""
    site = one.site
    if site is None and one.expected is not None:
        try:
            site = candidate.index.entry(one.expected).site
        except KeyError:
            site = None
    if site is not None:
        return [bots[site]] if site in bots else []
    return [bots[each] for each in sorted(bots)[:MOST_SITES]]


def _question(one: golden.Asked, bot: SiteBot, now_ms: int) -> Asked:
    """As a visitor asks it first, whose page and name nobody knows."""
    locale = {"zh": "zh-CN", "en": "en"}.get(one.language, bot.locale)
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(bot.time_zone))
    return bot.asks(Asked(one.query, now, bot.site, DialogState(), locale))


def _title(outcome: Outcome) -> str:
    """What a person reads of it: where the answer is from, or its first words."""
    said = outcome.answer
    if said.outcome == "choices":
        return " · ".join(choice.text for choice in said.choices)[:LONGEST]
    if said.outcome == "honest" or said.handover is not None:
        return ""
    return (said.sources[0].title if said.sources else outcome.plain)[:LONGEST]
