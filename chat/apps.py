"""The conversation log: protocol, journal, posting, delivery, sockets, history, visitor widget."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatConfig(AppConfig):
    """Registers the app, and answers django-cors-headers' question about origins."""

    name = "chat"
    verbose_name = _("Chat")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the one hook that django-cors-headers has."""
        from corsheaders.signals import check_request_enabled

        from chat import sites

        check_request_enabled.connect(sites.cors_allowed, dispatch_uid="chat.sites.cors_allowed")
