"""What routing did in a period, read back from its decisions and the seats' history, to be replayed.

The rows say who waited for what, when somebody got them and for how long. They do not say who was there: an
agent counts as present from a sign of them (a conversation they had, a decision that counted them among the
candidates) to the next one within half an hour. `NOTES` names everything that is not as it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db.models import Q

from agents.models import Agent, Assignment, Decision
from agents.routing.crew import Crew
from agents.routing.eta import service_s
from agents.routing.policies import Policies
from agents.routing.replay import Arrival, Held, Served, Shift, merged
from agents.routing.terms import Candidate, Policy, Wants

#: Signs of an agent that lie closer together are one presence.
GAP_MS: Final = 30 * 60 * 1000
#: Reasons of decisions after which nobody was to be served.
TURNED_AWAY: Final = ("blocked",)

NOTES: Final = (
    "Presence is guessed: from each conversation or decision with an agent to the next within half an hour.",
    "Skills, languages, groups, capacities and quality are those of today.",
    "A conversation takes as long as it took with whoever had it; one still open counts to the period's end.",
    "Conversations accepted by hand, transferred, or begun before the period stay with who had them.",
    "Limits by channel do not count those.",
    "Each conversation waits in the group it was in when it was assigned: overflow is as it was.",
    "Business hours, queue limits, timeouts, refusals and visitors who give up waiting are not replayed.",
)


class Period(msgspec.Struct, frozen=True):
    """A period as it was. `served` are the actual assignments of `arrivals`; `agents` with no seats taken;
    `gone`: those who had conversations then and are disabled now, who take no part in the replay.
    """

    arrivals: tuple[Arrival, ...]
    served: tuple[Served, ...]
    held: tuple[Held, ...]
    shifts: tuple[Shift, ...]
    agents: tuple[Candidate, ...]
    gone: tuple[Candidate, ...]


def read_period(from_ms: int, until_ms: int, site: UUID | None = None) -> Period:
    """Everything routing assigned from `from_ms` to before `until_ms`, of one site or of all. Seats taken by
    conversations of other sites count as held.
    """
    decided = Decision.objects.filter(at_ms__gte=from_ms, at_ms__lt=until_ms).order_by("at_ms", "pk")
    if site is not None:
        decided = decided.filter(site=site)
    history = list(
        Assignment.objects.filter(Q(ended_ms=None) | Q(ended_ms__gt=from_ms), at_ms__lt=until_ms).order_by(
            "at_ms"
        )
    )
    by_decision = {row.decision: row for row in history if row.decision and row.how == "routed"}
    seen: defaultdict[str, list[list[int]]] = defaultdict(list)
    arrivals: list[Arrival] = []
    served: list[Served] = []
    carried: set[UUID] = set()
    free_again: dict[UUID, int] = {}
    waiting: dict[UUID, Decision] = {}
    for decision in decided.iterator(chunk_size=500):
        for each in decision.candidates:
            _see(seen[each["agent"]], decision.at_ms)
        row = by_decision.get(decision.pk)
        if row is None:
            if decision.agent_id is None and decision.reason not in TURNED_AWAY:
                waiting.setdefault(decision.conversation, decision)
            continue
        carried.add(row.pk)
        waiting.pop(decision.conversation, None)
        ended_ms = min(row.ended_ms or until_ms, until_ms)
        asked_ms = max(
            int(decision.waiter.get("since_ms", decision.at_ms)), free_again.get(decision.conversation, 0)
        )
        arrival = _arrival(
            decision, min(asked_ms, decision.at_ms), max(0, ended_ms - row.at_ms), len(arrivals)
        )
        arrivals.append(arrival)
        served.append(
            Served(
                arrival.conversation,
                str(row.agent_id),
                decision.at_ms,
                decision.at_ms - arrival.at_ms,
                arrival.service_ms,
            )
        )
        free_again[decision.conversation] = ended_ms
    typical_ms = round(service_s([each.service_ms / 1000 for each in arrivals]) * 1000)
    known = {row.conversation for row in history if row.at_ms >= from_ms}
    for conversation, decision in waiting.items():
        if conversation not in known:
            since_ms = int(decision.waiter.get("since_ms", decision.at_ms))
            arrivals.append(_arrival(decision, since_ms, typical_ms, len(arrivals)))
    arrivals.sort(key=lambda each: each.at_ms)
    held = tuple(
        Held(str(row.agent_id), "", max(row.at_ms, from_ms), min(row.ended_ms or until_ms, until_ms))
        for row in history
        if row.pk not in carried
    )
    shifts = _shifts(seen, history, from_ms, until_ms)
    agents = _agents()
    here = {each.id for each in agents}
    gone = _named({str(row.agent_id) for row in history} - here)
    return Period(tuple(arrivals), tuple(served), held, shifts, agents, gone)


def policy_of(policies: Policies, strategy: str | None, weights: dict[str, int] | None) -> Any:
    """A function from wants to the policy they are served by: as configured, but for what is given."""
    changes: dict[str, Any] = {}
    if strategy is not None:
        changes["strategy"] = strategy
    if weights is not None:
        changes["weights"] = weights

    def find(wants: Wants) -> Policy:
        return msgspec.structs.replace(policies.desk(wants.site, wants.group).policy, **changes)

    return find


def _arrival(decision: Decision, at_ms: int, service_ms: int, number: int) -> Arrival:
    asked = decision.waiter
    group = asked.get("group") or (str(decision.group_id) if decision.group_id else None)
    return Arrival(
        f"{decision.conversation}#{number}",
        at_ms,
        service_ms,
        Wants(
            str(decision.site_id),
            group,
            tuple(sorted(asked.get("skills") or ())),
            asked.get("language") or "",
            asked.get("channel") or "",
        ),
        int(asked.get("priority") or 0),
        str(asked.get("visitor") or ""),
        asked.get("sticky_agent"),
    )


def _see(spans: list[list[int]], at_ms: int) -> None:
    """Note a sign of an agent; signs come in the order of time."""
    if spans and at_ms - spans[-1][1] <= GAP_MS:
        spans[-1][1] = at_ms
    else:
        spans.append([at_ms, at_ms])


def _shifts(
    seen: dict[str, list[list[int]]], history: Iterable[Assignment], from_ms: int, until_ms: int
) -> tuple[Shift, ...]:
    signs = [Shift(agent, begin, end) for agent, spans in seen.items() for begin, end in spans]
    signs += [
        Shift(str(row.agent_id), max(row.at_ms, from_ms), min(row.ended_ms or until_ms, until_ms))
        for row in history
    ]
    # A sign alone is a moment: it counts for a second, so that a seat that was free then is one.
    return tuple(Shift(agent, begin, max(end, begin + 1000)) for agent, begin, end in merged(signs, GAP_MS))


def _agents() -> tuple[Candidate, ...]:
    crew = Crew()
    crew.refresh(0, force=True)
    return tuple(
        msgspec.structs.replace(each, used=0, channel_used={}, served_ms=0, availability="online")
        for each in crew.pool.now.values()
    )


def _named(agents: set[str]) -> tuple[Candidate, ...]:
    rows = Agent.objects.filter(pk__in=agents).values_list("pk", "display_name", "capacity")
    return tuple(Candidate(str(agent), name, capacity=capacity) for agent, name, capacity in rows)
