"""What visitors find: whether somebody is there, their place in the queue, and how long it takes.

The chat room's `Reception` port. Answers are kept for two seconds, and so are the figures they are made of.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, cast

import msgspec
from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Greatest

from agents.models import Agent, Assignment, Availability
from agents.presence import trust
from agents.presence.reading import at_sites, living
from agents.routing import eta, queue
from agents.routing.hours import is_open, next_opening
from agents.routing.policies import Desk, policies
from chat.ports import Openness, Place
from chat.protocol.entry import now_ms

FRESH_S: Final = 2.0
SERVICE_FRESH_S: Final = 30.0
RECENT: Final = 50
"""Conversations whose length tells how long the next ones take."""
_T = TypeVar("_T")


class Staff(msgspec.Struct, frozen=True):
    """Who serves a queue now. `present`: agents who are online or busy; `seats`, `free`: of those online."""

    present: int
    seats: int
    free: int


class QueueReception:
    """The port's implementation."""

    def places(self, conversations: Sequence[str]) -> dict[str, Place]:
        """See `Reception.places`."""
        return {
            conversation: place(name, position)
            for conversation, (name, position) in queue.positions(conversations).items()
        }

    def open_for(self, site: str) -> Openness:
        """See `Reception.open_for`."""
        return _kept(("open", site), FRESH_S, lambda: _openness(site))


def place(name: queue.Queue, position: int) -> Place:
    """A position of a queue with its expected wait."""
    staff = staff_of(name)
    return Place(position, eta.expected_wait_s(position, staff.free, staff.seats, service_s(name)))


def staff_of(name: queue.Queue) -> Staff:
    """Who serves a queue, as of at most two seconds ago."""
    return _kept(("staff", name), FRESH_S, lambda: _staff(name))


def service_s(name: queue.Queue) -> float:
    """How long a conversation of this queue lately took, in seconds."""
    return _kept(("service", name), SERVICE_FRESH_S, lambda: _service_s(name))


def forget() -> None:
    """Ask the database next time."""
    with _lock:
        _answers.clear()


def _openness(site: str) -> Openness:
    known = policies()
    own = known.site(site)
    desk = known.usable(own.default_group, site) or own.desk
    now = datetime.now(UTC)
    if not (is_open(desk.hours, now) and is_open(own.desk.hours, now)):
        return Openness(False, "closed", _opens_at(desk, own.desk, now))
    group = desk.group.id if desk.group is not None else None
    name = queue.queue_name(site, group)
    if not _present(name, site):
        return Openness(False, "away")
    if desk.max_waiting and queue.lengths([name])[name] >= desk.max_waiting:
        return Openness(True, "full")
    return Openness(True, "online")


def _opens_at(desk: Desk, site: Desk, now: datetime) -> int | None:
    """When both the queue and the site are open again."""
    at = now
    for _ in range(8):  # each turn passes one closed span of one of the two
        first = next_opening(desk.hours, at)
        second = next_opening(site.hours, first) if first is not None else None
        if first is None or second is None:
            return None
        if first == second:
            return round(second.timestamp() * 1000)
        at = second
    return None


def _present(name: queue.Queue, site: str) -> int:
    """Agents of the queue who are there for this site; an outage of the database sends nobody away."""
    return _of(name, trust.horizon(now_ms()), site).exclude(_AWAY).count()


_AWAY: Final = Q(standing__availability=Availability.AWAY)
_ONLINE: Final = Q(standing=None) | Q(standing__availability=Availability.ONLINE)


def _of(name: queue.Queue, after_ms: int, site: str = "") -> QuerySet[Agent]:
    able = Agent.objects.filter(living(after_ms), is_enabled=True, user__is_active=True)
    own, group = name
    if group is not None:
        able = able.filter(groups=cast(Any, group))
    site = own or site
    return able.filter(at_sites([site])) if site else able


def _staff(name: queue.Queue) -> Staff:
    here = _of(name, now_ms())
    online = here.filter(_ONLINE)
    capacity = online.aggregate(seats=Sum("capacity"))["seats"] or 0
    free = online.exclude(standing=None).aggregate(free=Sum(Greatest(F("capacity") - F("standing__used"), 0)))
    fresh = online.filter(standing=None).aggregate(free=Sum("capacity"))
    return Staff(here.exclude(_AWAY).count(), capacity, (free["free"] or 0) + (fresh["free"] or 0))


def _service_s(name: queue.Queue) -> float:
    site, group = name
    own = Q(group_id=group) if group is not None else Q(site_id=site, group=None)
    ended = Assignment.objects.filter(own, ended_by="closed", ended_ms__isnull=False).order_by("-at_ms")
    spans = ended.values_list("at_ms", "ended_ms")[:RECENT]
    return eta.service_s([(end - begin) / 1000 for begin, end in spans if end is not None])


_lock = threading.Lock()
_answers: dict[Hashable, tuple[float, Any]] = {}
_MOST_ANSWERS: Final = 10_000


def _kept(key: Hashable, fresh_s: float, ask: Callable[[], _T]) -> _T:
    """The answer of the last `fresh_s` seconds, or a new one. Two at once may both ask."""
    now = time.monotonic()
    with _lock:
        found = _answers.get(key)
        if found is not None and now - found[0] < fresh_s:
            return cast(_T, found[1])
    answer = ask()
    with _lock:
        if len(_answers) >= _MOST_ANSWERS:
            _answers.clear()
        _answers[key] = (now, answer)
    return answer
