"""The machine who answers. Its own rooms come with the bot."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BotConfig(AppConfig):
    """Registers the app; it has no models yet."""

    name = "bot"
    verbose_name = _("Bot")
    default_auto_field = "django.db.models.BigAutoField"
