"""People who answer: roster, sessions and the console."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AgentsConfig(AppConfig):
    """Fills the chat room's ports."""

    name = "agents"
    verbose_name = _("Agents")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what the chat room asks for (assignments; no query)."""
        from agents.mail.following import LeftMessages
        from agents.presence.leases import DatabaseAttendance
        from agents.roster import DatabaseRoster
        from agents.routing.follow import RoutingFollower
        from agents.routing.nudge import nudge_routing
        from agents.routing.reception import QueueReception
        from agents.routing.router import late
        from chat import health
        from chat.ports import (
            register_attendance,
            register_follower,
            register_reception,
            register_roster,
        )

        register_roster(DatabaseRoster())
        register_attendance(DatabaseAttendance())
        register_follower(RoutingFollower(nudge_routing))
        register_follower(LeftMessages())
        register_reception(QueueReception())
        health.register("routing", late)
