"""What people who answer keep about visitors and conversations: contact data, custom attributes, priority."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from chat.attributes import merged
from chat.conversation import Participant
from chat.errors import KefuError
from chat.models import AttributeTarget, Conversation, Visitor
from chat.registries import definitions, require_role
from chat.search.indexing import index_visitor


def visible_visitors(who: Participant, conversations: QuerySet[Conversation]) -> QuerySet[Visitor]:
    """The visitors an agent may see: those of their sites; for agents held to groups, those with a
    conversation among `conversations` (what the agent may see) or with none at all.
    """
    rows = Visitor.objects.all()
    if who.sites is not None:
        rows = rows.filter(site_id__in=who.sites)
    if who.groups is not None:
        theirs = conversations.filter(visitor=OuterRef("pk")).order_by()
        any_at_all = Conversation.objects.filter(visitor=OuterRef("pk"))
        rows = rows.filter(Exists(theirs) | ~Exists(any_at_all))
    return rows


def correct_visitor(visitor: uuid.UUID, change: dict[str, Any], who: Participant) -> Visitor:
    """Put right what is known of a visitor; null or "" empties a field, attributes are laid over those there.

    The caller has made sure that `who` may see the visitor. Raises `not_found`, `invalid`, and `forbidden`
    for a priority set by less than a supervisor.
    """
    with transaction.atomic():
        row = Visitor.objects.select_for_update().filter(pk=visitor).first()
        if row is None:
            raise KefuError("not_found", "no such visitor")
        fields = dict(change)
        if "priority" in fields and fields["priority"] != row.priority:
            require_role(who, "supervisor")
        if "attributes" in fields:
            kept = definitions(row.site_id, AttributeTarget.VISITOR)
            given = fields["attributes"]
            fields["attributes"] = (
                {} if given is None else merged(row.attributes, given, kept, only_defined=False)
            )
        for name, value in fields.items():
            empty: Any = 0 if name == "priority" else ""
            setattr(row, name, empty if value is None else value)
        if fields:
            row.save(update_fields=list(fields))
            index_visitor(row)
    return row


def set_conversation_attributes(conversation: uuid.UUID | str, change: dict[str, Any]) -> dict[str, Any]:
    """Lay `change` over a conversation's attributes; returns all of them. Only defined keys are taken.

    The caller has made sure that the conversation may be seen. Raises `not_found`, `invalid`.
    """
    with transaction.atomic():
        # `of` and `no_key`: persistence writes other columns of the row and inserts messages meanwhile.
        locked = Conversation.objects.select_for_update(no_key=True).filter(pk=conversation)
        row = locked.only("pk", "site_id", "attributes").first()
        if row is None:
            raise KefuError("not_found", "no such conversation")
        kept = definitions(row.site_id, AttributeTarget.CONVERSATION)
        result = merged(row.attributes, change, kept, only_defined=True)
        if result != row.attributes:
            Conversation.objects.filter(pk=row.pk).update(attributes=result)
    return result
