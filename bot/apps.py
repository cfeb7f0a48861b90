"""The machine who answers: rules, intents and dialogs, knowledge, and models where there are any."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BotConfig(AppConfig):
    """Fills the chat room's ports."""

    name = "bot"
    verbose_name = _("Bot")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what the chat room asks for (assignments; no query)."""
        from bot.answering.nudge import stored
        from bot.follow import TurnFollower
        from bot.sites import SiteBots
        from chat import journal
        from chat.ports import register_bot, register_follower

        register_bot(SiteBots())
        # Registered with KEFU_BOT=off, too: what the bot had when it was switched off goes to people.
        register_follower(TurnFollower())
        journal.listen(stored)
