"""Canned replies: which ones somebody has, finding one while typing, filling in its variables."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db.models import F, Q, QuerySet

from agents.desk.spelling import compact
from agents.desk.variables import flattened, render
from agents.models import CannedReply
from chat import sites
from chat.conversation import Participant
from chat.models import Conversation
from chat.registries import may_change, of_sites

MAX_LOOKED_AT: Final = 500  # rows that are ranked; a word narrows thousands down to few


def seen_by(who: Participant) -> QuerySet[CannedReply]:
    """One's own, and the shared ones of one's sites and groups."""
    rows = of_sites(CannedReply.objects.all(), who)
    shared = Q(owner=None)
    if who.groups is not None:
        shared &= Q(group=None) | Q(group__in=who.groups)
    return rows.filter(Q(owner=who.id) | shared).select_related("owner", "group")


def may_edit(who: Participant, reply: CannedReply) -> bool:
    """One's own; shared ones as a supervisor of its site."""
    if reply.owner_id is not None:
        return str(reply.owner_id) == who.id
    return may_change(who, reply.site_id, "supervisor")


def fitting(rows: QuerySet[CannedReply], conversation: Conversation) -> QuerySet[CannedReply]:
    """Those that count in a conversation of this site and group."""
    rows = rows.filter(Q(site=None) | Q(site=conversation.site_id))
    if conversation.group_id is not None:
        rows = rows.filter(Q(group=None) | Q(group=conversation.group_id))
    return rows


def search(rows: QuerySet[CannedReply], query: str, limit: int) -> tuple[list[CannedReply], bool]:
    """The best of them, and whether there are more: every word must be somewhere; own ones first, then by
    how well they match, then by use.
    """
    words = query.split()
    for word in words:
        rows = rows.filter(_holds(word))
    rows = rows.order_by(F("owner").asc(nulls_last=True), "-used_count", "shortcut", "pk")
    found = list(rows[:MAX_LOOKED_AT])
    ranked = sorted(found, key=lambda reply: rank(reply, words))
    return ranked[:limit], len(ranked) > limit


def rank(reply: CannedReply, words: list[str]) -> tuple[Any, ...]:
    """Smaller is better."""
    place = max((_place(reply, word.lower()) for word in words), default=0)
    return (reply.owner_id is None, place, -reply.used_count, reply.shortcut, str(reply.pk))


def use(reply: CannedReply, conversation: Conversation, who: Participant) -> tuple[str, list[str]]:
    """Its text for this conversation, and the variables that stay open; counts the use."""
    CannedReply.objects.filter(pk=reply.pk).update(used_count=F("used_count") + 1)
    return render(reply.text, values_of(conversation, who))


def values_of(conversation: Conversation, who: Participant) -> dict[str, Any]:
    """What variables stand for, by name. The conversation comes with its visitor."""
    visitor = conversation.visitor
    return flattened(
        visitor={
            "name": visitor.name,
            "email": visitor.email,
            "phone": visitor.phone,
            "attributes": visitor.attributes,
        },
        agent={"name": who.name},
        site={"name": sites.by_id(str(conversation.site_id)).name},
        conversation={"attributes": conversation.attributes},
    )


def own_count(agent: UUID) -> int:
    """How many replies of their own somebody keeps."""
    return CannedReply.objects.filter(owner=agent).count()


def _holds(word: str) -> Q:
    found = Q(shortcut__icontains=word) | Q(title__icontains=word) | Q(text__icontains=word)
    if typed := compact(word):
        found |= Q(pinyin__contains=typed) | Q(initials__contains=typed)
    return found


def _place(reply: CannedReply, word: str) -> int:
    """0 the shortcut itself, 1 its beginning, 2 the title's or a spelling's beginning, 3 inside them, 4 in
    the text.
    """
    shortcut, title, typed = reply.shortcut.lower(), reply.title.lower(), compact(word)
    spelled = [*reply.pinyin.split(), *reply.initials.split()]
    if shortcut == word:
        return 0
    if shortcut.startswith(word):
        return 1
    if title.startswith(word) or (typed and any(text.startswith(typed) for text in spelled)):
        return 2
    if word in shortcut or word in title or (typed and any(typed in text for text in spelled)):
        return 3
    return 4
