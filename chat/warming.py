"""What a cold conversation needs before the journal can number its next entry.

The journal forgets a conversation only after persistence passed all of it, so for a conversation the journal
does not hold, the database is the whole truth: its head, its marks, its snapshot and every message id ever
used, which keeps a retry a year later the same message.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import msgspec

from chat.conversation import State, decode_state, encode_state
from chat.ids import parse_ids
from chat.journal.base import Head, Known, Warmth
from chat.models import Conversation, DeadLetter, Message


class _Letter(msgspec.Struct):
    """The little of a dead letter that keeps its message id known."""

    id: str
    client_msg_id: str | None
    created_at: int


_LETTER = msgspec.json.Decoder(_Letter)
_COLUMNS = ("id", "head", "act_seq", "human_seq", "state", "site_id", "visitor_id", "visitor__name", "status")


def initial_state(
    conversation: str, site: str, visitor: str, visitor_name: str, status: str = "queued"
) -> State:
    """The state before any act. Ids in canonical text form; an empty name is none.

    Raises `msgspec.ValidationError` on a status that does not exist.
    """
    return msgspec.convert(
        {
            "conversation": conversation,
            "site": site,
            "visitor": visitor,
            "status": status,
            "visitor_name": visitor_name or None,
        },
        State,
    )


def load_warmth(conversations: Sequence[str]) -> dict[str, Warmth]:
    """Warmth of those conversations that exist, by id; three queries whatever their number.

    Raises `django.db.DatabaseError` when the database cannot be asked.
    """
    ids = parse_ids(conversations)
    if not ids:
        return {}
    known, parked = _known(ids)
    warmth = {}
    for id_, head, act, human, state, site, visitor, name, status in Conversation.objects.filter(
        pk__in=ids
    ).values_list(*_COLUMNS):
        conversation = str(id_)
        snapshot = bytes(state) or encode_state(
            initial_state(conversation, str(site), str(visitor), name, status)
        )
        warmth[conversation] = Warmth(
            head=Head(conversation, max(head, parked.get(conversation, 0)), act, human, snapshot),
            known=tuple(sorted(known[conversation], key=lambda item: item.seq)),
        )
    return warmth


def load_state(conversation: str) -> tuple[int, State] | None:
    """Head and state as the database has them, None when there is no such conversation; one query."""
    for id_ in parse_ids([conversation]):
        row = Conversation.objects.filter(pk=id_).values_list(*_COLUMNS).first()
        if row is not None:
            _, head, _, _, state, site, visitor, name, status = row
            if snapshot := bytes(state):
                return head, decode_state(snapshot)
            return head, initial_state(str(id_), str(site), str(visitor), name, status)
    return None


def _known(ids: list[UUID]) -> tuple[defaultdict[str, list[Known]], dict[str, int]]:
    """Message ids that stay taken, and the last seq that stands in the dead-letter table."""
    known: defaultdict[str, list[Known]] = defaultdict(list)
    rows = Message.objects.filter(conversation_id__in=ids, client_msg_id__isnull=False)
    for conversation, client_msg_id, seq, id_, created_at in rows.values_list(
        "conversation_id", "client_msg_id", "seq", "id", "created_at"
    ):
        if client_msg_id is not None:
            known[str(conversation)].append(Known(client_msg_id, seq, str(id_), created_at))
    # A parked entry was acknowledged like any other: its id and its number stay taken.
    parked: dict[str, int] = {}
    letters = DeadLetter.objects.filter(conversation__in=ids, resolved_at=None)
    for parked_in, seq, body in letters.values_list("conversation", "seq", "body"):
        parked[str(parked_in)] = max(seq, parked.get(str(parked_in), 0))
        try:
            letter = _LETTER.decode(body)
        except msgspec.DecodeError:
            continue
        taken = {item.client_msg_id for item in known[str(parked_in)]}
        if letter.client_msg_id is not None and letter.client_msg_id not in taken:
            known[str(parked_in)].append(Known(letter.client_msg_id, seq, letter.id, letter.created_at))
    return known, parked
