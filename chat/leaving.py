"""A message left while nobody is there: the visitor's words in their conversation, and how to reach them.

Two entries: the message itself, which nobody can mistake for anything else, and the act `left_message` with
the contact, hidden from visitors. Who follows the log does the rest: the queue, the e-mail to the team.
"""

from __future__ import annotations

from typing import Final

import msgspec

from chat import visitors
from chat.conversation import SYSTEM, Participant
from chat.history import history
from chat.models import Message, Visitor
from chat.posting import Posted, post_blocking
from chat.protocol.commands import Handoff, LeftMessage, Send
from chat.protocol.entry import Entry
from chat.search.indexing import index_visitor

_LOOKED_AT: Final = 50
"""Entries after a repeated message in which its act is looked for: it was posted right behind it."""


class Left(msgspec.Struct, frozen=True):
    """What the form holds. `contact` has `name`, `email`, `phone` where they were given."""

    client_msg_id: str
    text: str
    contact: dict[str, str]


def leave_message(visitor: Participant, left: Left) -> Posted:
    """Post the message and its act; repeating it with the same `client_msg_id` completes what is missing.

    Raises what posting raises; `journal_unavailable` means: send it again.
    """
    assert visitor.id is not None and visitor.sites is not None
    (site,) = visitor.sites
    conversation = _home_of(left.client_msg_id, visitor.id)
    if conversation is None:
        conversation = visitors.ensure_conversation(site, visitor.id).id
    # A message that is left is for people, whoever would answer first.
    post_blocking(Handoff(conversation, "left_message"), SYSTEM)
    posted = post_blocking(Send(conversation, left.client_msg_id, "text", left.text), visitor)
    if not (posted.repeated and _is_noted(conversation, posted.seq)):
        post_blocking(LeftMessage(conversation, left.contact), SYSTEM)
    keep_contact(visitor.id, left.contact)
    return posted


def keep_contact(visitor_id: str, contact: dict[str, str]) -> None:
    """Show what the visitor says of themselves. Nobody unproven renames a user the site has vouched for: of
    such a one only what is empty is filled.
    """
    row = Visitor.objects.filter(pk=visitor_id).first()
    if row is None:
        return
    fields = [
        field
        for field in ("name", "email", "phone")
        if contact.get(field) and (row.external_id is None or not getattr(row, field))
    ]
    for field in fields:
        setattr(row, field, contact[field])
    if fields:
        row.save(update_fields=fields)
        index_visitor(row)


def _home_of(client_msg_id: str, visitor_id: str) -> str | None:
    """Where an earlier try put it: it may have been answered and closed since."""
    kept = Message.objects.filter(client_msg_id=client_msg_id, conversation__visitor_id=visitor_id)
    found = kept.values_list("conversation_id", flat=True).first()
    return None if found is None else str(found)


def _is_noted(conversation: str, seq: int) -> bool:
    following = history(conversation, viewer=SYSTEM, after_seq=seq, limit=_LOOKED_AT)
    return any(
        isinstance(entry, Entry) and entry.event is not None and entry.event.name == "left_message"
        for entry in following
    )
