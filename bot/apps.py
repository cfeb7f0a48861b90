"""The machine who answers: rules, intents and dialogs, knowledge, and models where there are any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from knowledge.publishing.golden import Asked as GoldenAsked
    from knowledge.publishing.golden import Candidate, Result


class BotConfig(AppConfig):
    """Fills the ports of the chat room and of knowledge."""

    name = "bot"
    verbose_name = _("Bot")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what the other rooms ask for (assignments; no query)."""
        from bot.answering.nudge import stored
        from bot.follow import TurnFollower
        from bot.sites import SiteBots
        from chat import journal
        from chat.ports import register_bot, register_follower
        from knowledge.ports import register_golden_runner

        register_bot(SiteBots())
        # Registered with KEFU_BOT=off, too: what the bot had when it was switched off goes to people.
        register_follower(TurnFollower())
        journal.listen(stored)
        register_golden_runner(_ask_golden)


def _ask_golden(asked: Sequence[GoldenAsked], candidate: Candidate) -> list[Result]:
    """Of the whole bot; its engine is loaded by the first release, not by every process."""
    from bot.learning.golden import run

    return run(asked, candidate)
