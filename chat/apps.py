"""The conversation log: protocol, journal, posting, delivery, sockets, history, visitor widget."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatConfig(AppConfig):
    """Registers the app and connects what follows from a request's origin and from a written entry."""

    name = "chat"
    verbose_name = _("Chat")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the one hook that django-cors-headers has, and what follows every write of the journal."""
        from corsheaders.signals import check_request_enabled

        from chat import sites

        check_request_enabled.connect(sites.cors_allowed, dispatch_uid="chat.sites.cors_allowed")

        from chat import journal
        from chat.delivery.outbound import outbound

        journal.listen(outbound.stored)

        from chat.persistence import depth, nudge

        journal.listen(nudge.stored)
        depth.watch()
