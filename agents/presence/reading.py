"""Reading where agents stand. Everything here is read-only and costs one query more than its query set."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from django.db.models import Exists, OuterRef, Q, QuerySet

from agents.models import Agent, Availability, Lease, Standing
from agents.presence import trust
from agents.presence.status import Saying, Shown, shown
from chat.conversation import Participant
from chat.models import Site
from chat.protocol.entry import now_ms


def living(after_ms: int, agent: str = "pk") -> Exists:
    """A condition: the outer row's `agent` has a lease that ends after this moment.

    For candidates of routing pass the present moment; `trust.horizon` for what people see.
    """
    return Exists(Lease.objects.filter(agent=OuterRef(agent), expires_ms__gt=after_ms))


def with_presence(agents: QuerySet[Agent], at_ms: int | None = None) -> QuerySet[Agent]:
    """The agents with their standing and `here`: whether a connection of theirs is alive. Reads the pulse."""
    moment = now_ms() if at_ms is None else at_ms
    return agents.select_related("standing", "user").annotate(here=living(trust.horizon(moment)))


def said(standing: Standing | None) -> Saying:
    """What the row says; an agent who never said anything is online."""
    if standing is None:
        return Saying()
    return Saying(standing.availability, standing.reason, standing.until_ms, standing.changed_ms)


def standing_of(agent: Agent) -> Standing | None:
    """The agent's row, None before the first need for one. No query after `with_presence`."""
    return getattr(agent, "standing", None)


def shown_of(agent: Agent, at_ms: int) -> Shown:
    """What others see of an agent read by `with_presence`."""
    here: bool = agent.here  # type: ignore[attr-defined]
    return shown(said(standing_of(agent)), here, at_ms)


def load_of(agent: Agent) -> int:
    """Seats the agent has. No query after `with_presence`."""
    standing = standing_of(agent)
    return 0 if standing is None else standing.used


def status_is(status: str, at_ms: int) -> Q:
    """A condition on agents read by `with_presence`: shown with this status (as `status.shown` decides)."""
    if status == "offline":
        return Q(here=False)
    over = Q(standing__until_ms__isnull=False, standing__until_ms__lte=at_ms)
    online = Q(standing=None) | Q(standing__availability=Availability.ONLINE) | over
    if status == "online":
        return Q(here=True) & online
    return Q(here=True, standing__availability=status) & ~over


def colleagues(who: Participant) -> QuerySet[Agent]:
    """The enabled agents this one may know of: those who answer for a site of theirs, superusers for all."""
    able = Agent.objects.filter(is_enabled=True, user__is_active=True)
    if who.sites is None:
        return able
    return able.filter(at_sites(who.sites) | Q(pk=who.id))


def at_sites(sites: Iterable[str]) -> Q:
    """A condition: the agent answers for one of these sites."""
    served = Site.objects.filter(agents=OuterRef("pk"), pk__in=list(sites))
    return Q(user__is_superuser=True) | Q(Exists(served))


class Presence(msgspec.Struct, frozen=True):
    """One agent's line of a presence frame, and where it is sent: None for every site."""

    agent: str
    name: str
    status: Shown
    load: int
    capacity: int
    sites: tuple[str, ...] | None

    def payload(self) -> dict[str, Any]:
        """The `presence` frame's payload."""
        return {
            "agent": {"id": self.agent, "name": self.name},
            "status": self.status.status,
            "reason": self.status.reason,
            "until": self.status.until,
            "load": self.load,
            "capacity": self.capacity,
        }


def presence_of(agent_ids: Iterable[str], at_ms: int | None = None) -> list[Presence]:
    """These agents as others see them now; the disabled count as offline. Three queries."""
    moment = now_ms() if at_ms is None else at_ms
    rows = with_presence(Agent.objects.filter(pk__in=list(agent_ids)), moment).prefetch_related("sites")
    return [
        Presence(
            str(agent.pk),
            agent.display_name,
            shown_of(agent, moment) if agent.is_enabled else Shown("offline"),
            load_of(agent),
            agent.capacity,
            None if agent.user.is_superuser else tuple(str(site.pk) for site in agent.sites.all()),
        )
        for agent in rows
    ]
