"""At which sites the bot answers, and how: read at most every two seconds by each process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from django.conf import settings
from django.utils.translation import gettext, override

from bot.models import BotSettings
from bot.remembered import Remembered
from knowledge.search.entry import ANSWER_AT

if TYPE_CHECKING:
    from bot.engine import Asked

MOST_QUICK: Final = 6
"""Questions at the beginning; more of them are a menu nobody reads on a phone."""


class SiteBot(msgspec.Struct, frozen=True):
    """The bot of a site as of at most two seconds ago. Times in ms; see `bot.models.BotSettings`."""

    site: str
    name: str
    locale: str
    time_zone: str
    pause_ms: tuple[int, int]
    patience_ms: int
    misses_to_people: int
    vip_priority: int | None
    anger_to_people: bool
    answers_at: float
    memory_ms: int
    quick_questions: tuple[str, ...] = ()

    def asks(self, asked: Asked) -> Asked:
        """The question with everything the site's settings say about answering it: the one way they reach
        the engine.
        """
        return msgspec.structs.replace(
            asked,
            answers_at=self.answers_at,
            memory_ms=self.memory_ms,
            misses_to_people=self.misses_to_people,
            vip_priority=self.vip_priority,
            anger_to_people=self.anger_to_people,
        )


class SiteBots:
    """The chat room's `Bot` port."""

    def answers(self, site: str) -> bool:
        """See `Bot.answers`."""
        return of_site(site) is not None

    def quick_questions(self, site: str, locale: str) -> tuple[str, ...]:
        """See `Bot.quick_questions`."""
        bot = of_site(site)
        return () if bot is None else readable(bot.quick_questions, locale or bot.locale)[:MOST_QUICK]


def readable(questions: tuple[str, ...], locale: str) -> tuple[str, ...]:
    """Those in the reader's language; all of them when none is."""
    from bot.engine import is_chinese  # every process knows its sites, few answer

    chinese = locale.lower().startswith("zh")
    return tuple(text for text in questions if is_chinese(text) == chinese) or questions


def of_site(site: str) -> SiteBot | None:
    """The bot that answers at the site, None when none does. May touch the database."""
    return everywhere().get(site) if settings.KEFU_BOT else None


def everywhere() -> dict[str, SiteBot]:
    """All bots that are switched on, by site id. When the database is away, as last known."""
    return _bots.now()


def forget() -> None:
    """Read anew with the next question; called by whoever changes a row."""
    _bots.forget()


def _load() -> dict[str, SiteBot]:
    rows = BotSettings.objects.filter(enabled=True, site__is_active=True).select_related("site")
    return {str(row.site_id): _of(row) for row in rows}


def _of(row: BotSettings) -> SiteBot:
    with override("zh-hans" if row.site.locale.lower().startswith("zh") else "en"):
        name = row.name or gettext("Assistant")
    return SiteBot(
        site=str(row.site_id),
        name=name,
        locale=row.site.locale,
        time_zone=row.site.time_zone,
        pause_ms=(min(row.pause_min_ms, row.pause_max_ms), max(row.pause_min_ms, row.pause_max_ms)),
        patience_ms=row.patience_s * 1000,
        misses_to_people=row.misses_to_people,
        vip_priority=row.vip_priority,
        anger_to_people=row.anger_to_people,
        answers_at=row.answer_threshold if row.answer_threshold is not None else ANSWER_AT,
        memory_ms=row.memory_minutes * 60_000,
        quick_questions=tuple(text for text in row.quick_questions if isinstance(text, str)),
    )


_bots: Final = Remembered(_load)
