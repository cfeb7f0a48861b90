"""Where somebody who has just begun to wait belongs: group, skills, language, channel, priority.

The router's first step. A row that is placed may be drained; until then it is nobody's. When rules or the
site's default name a group the log is told by a `Queue` act, unless the assignment that follows says it.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final
from uuid import UUID

import msgspec
import structlog
from django.db import transaction

from agents.metrics import DECISIONS
from agents.models import Assignment, Decision, Waiting
from agents.routing import bulk, queue
from agents.routing.order import MAX_PRIORITY, rank_ms
from agents.routing.policies import Desk, Policies
from agents.routing.rules import Facts, Rule, first_match
from agents.routing.terms import Wants
from chat import blocks
from chat.errors import KefuError
from chat.models import Conversation, Message, Visitor

log = structlog.get_logger(__name__)

AT_ONCE: Final = 100
"""Rows placed in one transaction: about 10 ms."""


class Placed(msgspec.Struct, frozen=True):
    """A row that was placed: its conversation, and the group the log must be told of, if any."""

    conversation: str
    group: str | None


def place_some(policies: Policies, now_ms: int) -> tuple[int, list[Placed]]:
    """Place the first unplaced rows, in one transaction; how many there were, and those that found a group
    by themselves. Rows of the blacklisted leave the queue.
    """
    with transaction.atomic():
        rows = list(
            Waiting.objects.select_for_update(skip_locked=True)
            .filter(wants=queue.UNPLACED)
            .order_by("rank_ms")[:AT_ONCE]
        )
        if not rows:
            return 0, []
        facts = _Facts(rows, policies)
        shut_out = [row for row in rows if facts.is_shut_out(row)]
        _turn_away(shut_out, now_ms)
        gone = {row.pk for row in shut_out}
        kept = [row for row in rows if row.pk not in gone]
        found = [_place(row, facts, policies) for row in kept]
        _over_length(kept, policies, now_ms)
        bulk.update(kept, _FIELDS)
    return len(rows), [placed for placed in found if placed is not None]


_FIELDS: Final = (
    "group", "skills", "language", "channel", "priority", "wants", "rank_ms", "sticky_agent", "left",
)  # fmt: skip


def _place(row: Waiting, facts: _Facts, policies: Policies) -> Placed | None:
    site, conversation = str(row.site_id), str(row.conversation)
    visitor, talk = facts.visitors.get(row.visitor), facts.talks.get(row.conversation)
    own = str(row.group_id) if row.group_id else None
    rule = facts.rule(row)
    desk: Desk | None = policies.usable(own, site)
    if own is None:
        desk = policies.usable(rule.group if rule else None, site) or policies.usable(
            policies.site(site).default_group, site
        )
    group = desk.group.id if desk is not None and desk.group is not None else own
    applies = rule is not None and rule.group in (None, group)
    skills = {*(desk.skills if desk else ()), *(rule.skills if rule is not None and applies else ())}
    priority = visitor.priority if visitor is not None else 0
    if rule is not None and applies and rule.priority is not None:
        priority = max(priority, rule.priority)
    row.group_id = UUID(group) if group else None
    row.skills = sorted(skills)
    row.language = visitor.locale if visitor is not None else ""
    row.channel = talk.channel if talk is not None else row.channel
    row.priority = min(priority, MAX_PRIORITY)
    # Who was put before everybody else stays there.
    row.rank_ms = min(row.rank_ms, rank_ms(row.since_ms, row.priority))
    row.sticky_agent = facts.last_agent(row, policies)
    row.wants = queue.wants_key(Wants(site, group, tuple(row.skills), row.language, row.channel))
    return Placed(conversation, group) if own is None and group is not None else None


class _Facts:
    """What is known about the rows, read together."""

    def __init__(self, rows: list[Waiting], policies: Policies) -> None:
        self._policies = policies
        self.visitors = Visitor.objects.in_bulk([row.visitor for row in rows])
        fields = ("id", "channel", "page", "last_text", "visitor_id")
        self.talks = Conversation.objects.only(*fields).in_bulk([row.conversation for row in rows])
        asks = [row.conversation for row in rows if self._reads_text(row)]
        self._texts: dict[UUID, str] = {}
        if asks:
            words = Message.objects.filter(conversation_id__in=asks, sender_kind="visitor", kind="text")
            for conversation, text in words.order_by("-seq").values_list("conversation_id", "text"):
                self._texts[conversation] = text or ""

    def _reads_text(self, row: Waiting) -> bool:
        return any(rule.field == "text" for rule in self._policies.site(str(row.site_id)).rules)

    def is_shut_out(self, row: Waiting) -> bool:
        """Whether the visitor is blacklisted."""
        visitor = self.visitors.get(row.visitor)
        if visitor is None:
            return True
        try:
            blocks.refuse_visitor(visitor)
        except KefuError:
            return True
        return False

    def rule(self, row: Waiting) -> Rule | None:
        """The first rule of the site that fits."""
        rules = self._policies.site(str(row.site_id)).rules
        if not rules:
            return None
        visitor, talk = self.visitors.get(row.visitor), self.talks.get(row.conversation)
        page: dict[str, Any] = (talk.page if talk else None) or (visitor.page if visitor else None) or {}
        return first_match(
            rules,
            Facts(
                page_url=str(page.get("url") or ""),
                page_title=str(page.get("title") or ""),
                language=visitor.locale if visitor else "",
                channel=talk.channel if talk else "",
                text=self._texts.get(row.conversation, ""),
                attributes=(visitor.attributes if visitor else None) or {},
            ),
        )

    def last_agent(self, row: Waiting, policies: Policies) -> UUID | None:
        """Who had this visitor last, where the queue asks for it (strategy "sticky")."""
        site = str(row.site_id)
        if policies.desk(site, str(row.group_id) if row.group_id else None).policy.strategy != "sticky":
            return None
        since = row.since_ms - policies.site(site).sticky_ms
        talks = Conversation.objects.filter(visitor_id=row.visitor, site_id=row.site_id).values("pk")
        last = Assignment.objects.filter(conversation__in=talks, at_ms__gte=since).order_by("-at_ms")
        return last.values_list("agent_id", flat=True).first()


def _turn_away(rows: list[Waiting], now_ms: int) -> None:
    """The blacklisted do not wait. Nothing is said to them, and what they wrote stays to be read."""
    if not rows:
        return
    Waiting.objects.filter(pk__in=[row.pk for row in rows]).delete()
    bulk.insert([_refusal(row, "blocked", now_ms) for row in rows])
    DECISIONS.labels(reason="blocked").inc(len(rows))


def _over_length(rows: list[Waiting], policies: Policies, now_ms: int) -> None:
    """Whoever comes to a queue that is as long as it may be counts as having left a message: they have no
    place and are told so, and are served when it is their turn all the same.
    """
    limits: dict[queue.Queue, int] = {}
    for row in rows:
        group = str(row.group_id) if row.group_id else None
        limit = policies.desk(str(row.site_id), group).max_waiting
        if limit:
            limits[queue.queue_name(str(row.site_id), group)] = limit
    if not limits:
        return
    present = queue.placed_lengths(limits)
    refused: Counter[queue.Queue] = Counter()
    over = []
    for row in rows:
        name = queue.queue_name(str(row.site_id), str(row.group_id) if row.group_id else None)
        if row.left or name not in limits:
            continue
        if present.get(name, 0) >= limits[name] and not row.refused:
            row.left = True
            refused[name] += 1
            over.append(_refusal(row, "full", now_ms))
        else:
            present[name] = present.get(name, 0) + 1
    if over:
        bulk.insert(over)
        DECISIONS.labels(reason="full").inc(len(over))
        log.info("queue_full", refused=sum(refused.values()))


def _refusal(row: Waiting, reason: str, now_ms: int) -> Decision:
    return Decision(
        conversation=row.conversation, site_id=row.site_id, group_id=row.group_id, at_ms=now_ms,
        strategy="", reason=reason, waited_ms=max(0, now_ms - row.since_ms), waiter=asked_for(row),
    )  # fmt: skip


def asked_for(row: Waiting) -> dict[str, Any]:
    """What a decision keeps of the waiter: enough to explain it, to replay it, and to put it back."""
    return {
        "visitor": str(row.visitor), "group": str(row.group_id) if row.group_id else None,
        "skills": row.skills, "language": row.language, "channel": row.channel, "priority": row.priority,
        "wants": row.wants, "since_ms": row.since_ms, "entered_ms": row.entered_ms, "rank_ms": row.rank_ms,
        "sticky_agent": str(row.sticky_agent) if row.sticky_agent else None, "refused": row.refused,
        "overflows": row.overflows, "left": row.left,
    }  # fmt: skip


def put_back(decisions: list[Decision]) -> int:
    """Rows as they were when these decisions took them out of the queue; how many. Rows there stay."""
    rows = [
        Waiting(
            conversation=each.conversation, site_id=each.site_id, visitor=kept["visitor"],
            group_id=each.group_id, skills=kept["skills"], language=kept["language"],
            channel=kept["channel"], priority=kept["priority"], wants=kept["wants"],
            since_ms=kept["since_ms"], entered_ms=kept["entered_ms"], rank_ms=kept["rank_ms"],
            sticky_agent=kept["sticky_agent"], refused=kept["refused"], overflows=kept["overflows"],
            left=kept["left"],
        )
        for each in decisions
        if (kept := each.waiter)
    ]  # fmt: skip
    bulk.insert(rows, ignore_conflicts=True)
    return len(rows)
