"""What groups and sites decide about routing, read together and kept for two seconds.

A desk is where a conversation waits: a group's, or a site's own when it has no group.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Final, cast
from zoneinfo import ZoneInfoNotFoundError

import msgspec
import structlog

from agents.models import BusinessHours, Group, RoutingPolicy, RoutingRule, SiteRouting, default_weights
from agents.routing.hours import Hours, check
from agents.routing.rules import Rule
from agents.routing.terms import Policy
from chat.protocol.entry import Person

log = structlog.get_logger(__name__)

FRESH_S: Final = 2.0
ANSWER_TIMEOUT_S: Final = 120  # without any row, as a row's defaults are
SILENCE_TIMEOUT_S: Final = 600
STICKY_DAYS: Final = 30


class Desk(msgspec.Struct, frozen=True):
    """How one queue is served. Durations in ms, 0: never. `overflow`: the group it overflows to."""

    policy: Policy = Policy()
    hours: Hours | None = None
    max_waiting: int = 0
    answer_ms: int = ANSWER_TIMEOUT_S * 1000
    silence_ms: int = SILENCE_TIMEOUT_S * 1000
    group: Person | None = None
    sites: frozenset[str] | None = None
    skills: tuple[str, ...] = ()
    overflow: str | None = None
    overflow_ms: int = 0
    is_enabled: bool = True


class SiteDesk(msgspec.Struct, frozen=True):
    """A site's own queue and what it decides for all its conversations."""

    desk: Desk = Desk()
    default_group: str | None = None
    sticky_ms: int = STICKY_DAYS * 86_400_000
    rules: tuple[Rule, ...] = ()


class Policies(msgspec.Struct, frozen=True):
    """All of them at one moment."""

    groups: dict[str, Desk]
    sites: dict[str, SiteDesk]

    def desk(self, site: str, group: str | None) -> Desk:
        """The queue a conversation of the site stands in; a group that is gone counts as none."""
        found = self.groups.get(group) if group is not None else None
        return found if found is not None else self.site(site).desk

    def site(self, site: str) -> SiteDesk:
        """What the site decides; as a fresh installation when it has decided nothing."""
        return self.sites.get(site, _PLAIN)

    def usable(self, group: str | None, site: str) -> Desk | None:
        """The group's queue when it exists, is enabled and serves the site."""
        desk = self.groups.get(group) if group is not None else None
        if desk is None or not desk.is_enabled or (desk.sites is not None and site not in desk.sites):
            return None
        return desk


_PLAIN: Final = SiteDesk()
_lock = threading.Lock()
_kept: tuple[float, Policies] | None = None


def policies() -> Policies:
    """As of now or two seconds ago. Five queries when they are read."""
    global _kept
    with _lock:
        if _kept is None or time.monotonic() - _kept[0] > FRESH_S:
            _kept = (time.monotonic(), _read())
        return _kept[1]


def forget() -> None:
    """Read them anew next time: after a change in this process, and in tests."""
    global _kept
    with _lock:
        _kept = None


def _read() -> Policies:
    calendars = _calendars()
    groups = {}
    for group in Group.objects.prefetch_related("sites", "skills"):
        sites = frozenset(str(site.pk) for site in group.sites.all())
        groups[str(group.pk)] = _desk(
            group,
            calendars,
            group=Person(str(group.pk), group.name),
            sites=sites or None,
            skills=tuple(sorted(str(skill.pk) for skill in group.skills.all())),
            overflow=str(group.overflow_group_id) if group.overflow_group_id else None,
            overflow_ms=group.overflow_after_s * 1000,
            is_enabled=group.is_enabled,
        )
    rules = _rules()
    sites_own = {site: msgspec.structs.replace(_PLAIN, rules=found) for site, found in rules.items()}
    for row in SiteRouting.objects.all():
        site = str(row.site_id)
        default = str(row.default_group_id) if row.default_group_id else None
        sticky_ms = row.sticky_days * 86_400_000
        sites_own[site] = SiteDesk(_desk(row, calendars), default, sticky_ms, rules.get(site, ()))
    return Policies(groups, sites_own)


def _rules() -> dict[str, tuple[Rule, ...]]:
    found: dict[str, tuple[Rule, ...]] = {}
    rows = RoutingRule.objects.filter(is_enabled=True).order_by("site_id", "position", "pk")
    for row in rows.prefetch_related("skills"):
        rule = Rule(
            cast(Any, row.field), cast(Any, row.operator), row.value, row.attribute,
            str(row.group_id) if row.group_id else None,
            tuple(sorted(str(skill.pk) for skill in row.skills.all())), row.priority,
        )  # fmt: skip
        found[str(row.site_id)] = (*found.get(str(row.site_id), ()), rule)
    return found


def _calendars() -> dict[str, Hours]:
    """Business hours by id. Hours that nobody could keep are left out: then it is open rather than shut."""
    found = {}
    for row in BusinessHours.objects.prefetch_related("holidays"):
        try:
            hours = Hours(
                row.time_zone,
                tuple(_spans(day) for day in row.week),
                {day.date: _spans(day.spans) for day in row.holidays.all()},
            )
            check(hours)
        except (ValueError, TypeError, KeyError, ZoneInfoNotFoundError):
            log.warning("business_hours_unreadable", hours=str(row.pk))
            continue
        found[str(row.pk)] = hours
    return found


def _spans(day: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(start), str(end)) for start, end in day)


def _desk(row: RoutingPolicy, calendars: dict[str, Hours], **more: Any) -> Desk:
    return Desk(
        policy=Policy(row.strategy, row.weights or default_weights()),
        hours=calendars.get(str(row.hours_id)) if row.hours_id else None,
        max_waiting=row.max_waiting,
        answer_ms=row.answer_timeout_s * 1000,
        silence_ms=row.silence_timeout_s * 1000,
        **more,
    )
