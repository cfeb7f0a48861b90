"""How a site does right now, in a bounded number of queries: queue, waits, people, load and service level."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db.models import (
    Avg,
    Count,
    ExpressionWrapper,
    F,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce

from agents.models import Agent, Assignment, Decision, Group, SiteRouting, Waiting
from agents.presence.reading import colleagues, load_of, shown_of, with_presence
from chat.conversation import Participant
from chat.models import Conversation, Site

HOUR_MS: Final = 3_600_000
BEGINNINGS: Final = ("routed", "accepted")
"""How an assignment begins whose first reply is the visitor's first one; not a transfer's."""
DEFAULT_TARGET_S: Final = 60  # SiteRouting.first_reply_target_s of a site without a row

Place = tuple[UUID, UUID | None]


class Figures(msgspec.Struct):
    """What a site or one of its groups looks like. Times in ms; load and capacity of those online."""

    waiting: int = 0
    oldest_wait_ms: int = 0
    average_wait_ms: int | None = None
    online: int = 0
    busy: int = 0
    away: int = 0
    load: int = 0
    capacity: int = 0
    open: int = 0
    first_replies: int = 0
    service_level: float | None = None


class SiteFigures(msgspec.Struct):
    """A site, its groups, and what waits without a group (`None`)."""

    site: Site
    total: Figures
    groups: list[tuple[Group | None, Figures]]


class _Sums(msgspec.Struct):
    """What one place adds to a total."""

    waiting: int = 0
    oldest_ms: int | None = None
    waits: int = 0
    waited_ms: float = 0
    open: int = 0
    replies: int = 0
    in_time: int = 0


def overview(who: Participant, groups: QuerySet[Group], now_ms: int) -> list[SiteFigures]:
    """The sites this participant serves, by name. `groups`: those to show; agents see the queues of their own
    groups and of conversations without one. Ten queries, however many sites, groups and agents.
    """
    sites = Site.objects.order_by("name")
    served = list(sites if who.sites is None else sites.filter(pk__in=who.sites))
    shown = list(groups.prefetch_related("sites").order_by("name"))
    sums = _sums(who, now_ms)
    people = _People(who, [group.pk for group in shown], now_ms)
    found = []
    for site in served:
        here = [group for group in shown if not group.sites.all() or site in group.sites.all()]
        places = [(site.pk, None), *((site.pk, group.pk) for group in here)]
        rows = [_figures([sums[place]], people.at(*place), now_ms) for place in places]
        total = _figures([sums[place] for place in sums if place[0] == site.pk], people.at(site.pk), now_ms)
        found.append(SiteFigures(site, total, list(zip([*here, None], [*rows[1:], rows[0]], strict=True))))
    return found


class _People:
    """Enabled agents by site and group, each with what others see of them."""

    def __init__(self, who: Participant, groups: list[UUID], now_ms: int) -> None:
        rows = with_presence(colleagues(who), now_ms)
        self._agents = {agent.pk: agent for agent in rows}
        self._status = {pk: shown_of(agent, now_ms).status for pk, agent in self._agents.items()}
        self._sites: defaultdict[UUID, set[UUID]] = defaultdict(set)
        for agent_id, site in Agent.objects.exclude(sites=None).values_list("pk", "sites__pk"):
            self._sites[site].add(agent_id)
        self._members: defaultdict[UUID, set[UUID]] = defaultdict(set)
        for group, agent_id in Group.objects.filter(pk__in=groups).values_list("pk", "agents__pk"):
            self._members[group].add(agent_id)
        self._everywhere = {pk for pk, agent in self._agents.items() if agent.user.is_superuser}

    def at(self, site: UUID, group: UUID | None = None) -> list[tuple[Agent, str]]:
        """Those who answer for the site, in the group if there is one."""
        wanted = self._everywhere | self._sites[site]
        if group is not None:
            wanted &= self._members[group]
        return [(self._agents[pk], self._status[pk]) for pk in wanted if pk in self._agents]


def _sums(who: Participant, now_ms: int) -> defaultdict[Place, _Sums]:
    found: defaultdict[Place, _Sums] = defaultdict(_Sums)
    since = now_ms - HOUR_MS
    queued = _theirs(Waiting.objects.filter(left=False), who)
    for site, group, count, oldest in _by_place(queued, Count("pk"), Min("since_ms")):
        found[site, group].waiting, found[site, group].oldest_ms = count, oldest
    given = _theirs(Decision.objects.filter(at_ms__gte=since, agent__isnull=False), who)
    for site, group, count, average in _by_place(given, Count("pk"), Avg("waited_ms")):
        found[site, group].waits, found[site, group].waited_ms = count, count * average
    live = _theirs(Conversation.objects.filter(status__in=("queued", "active"), visitor_seq__gt=0), who)
    for site, group, count, _ in _by_place(live, Count("pk"), Min("last_at")):
        found[site, group].open = count
    waited = Decision.objects.filter(pk=OuterRef("decision")).values("waited_ms")
    target = SiteRouting.objects.filter(site=OuterRef("site")).values("first_reply_target_s")
    answered = _theirs(
        Assignment.objects.filter(first_reply_ms__gte=since, how__in=BEGINNINGS), who
    ).annotate(
        took_ms=ExpressionWrapper(
            F("first_reply_ms") - F("at_ms") + Coalesce(Subquery(waited), 0), output_field=IntegerField()
        ),
        target_ms=Coalesce(Subquery(target), DEFAULT_TARGET_S) * 1000,
    )
    in_time = Count("pk", filter=Q(took_ms__lte=F("target_ms")))
    for site, group, count, good in _by_place(answered, Count("pk"), in_time):
        found[site, group].replies, found[site, group].in_time = count, good
    return found


def _theirs(rows: QuerySet[Any], who: Participant) -> QuerySet[Any]:
    """Rows with a site and a group that this participant may look at."""
    if who.sites is not None:
        rows = rows.filter(site__in=who.sites)
    if who.groups is not None:
        rows = rows.filter(Q(group_id=None) | Q(group_id__in=who.groups))
    return rows


def _by_place(rows: QuerySet[Any], first: Any, second: Any) -> Any:
    grouped = rows.order_by().values("site_id", "group_id").annotate(first=first, second=second)
    return grouped.values_list("site_id", "group_id", "first", "second")


def _figures(sums: list[_Sums], people: list[tuple[Agent, str]], now_ms: int) -> Figures:
    statuses = Counter(status for _, status in people)
    online = [agent for agent, status in people if status == "online"]
    oldest = min((each.oldest_ms for each in sums if each.oldest_ms is not None), default=now_ms)
    waits, replies = sum(each.waits for each in sums), sum(each.replies for each in sums)
    return Figures(
        waiting=sum(each.waiting for each in sums),
        oldest_wait_ms=max(0, now_ms - oldest),
        average_wait_ms=round(sum(each.waited_ms for each in sums) / waits) if waits else None,
        online=len(online),
        busy=statuses["busy"],
        away=statuses["away"],
        load=sum(load_of(agent) for agent in online),
        capacity=sum(agent.capacity for agent in online),
        open=sum(each.open for each in sums),
        first_replies=replies,
        service_level=round(sum(each.in_time for each in sums) / replies, 4) if replies else None,
    )
