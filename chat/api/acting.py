"""What the endpoints of acts share: carrying one out, what they answer, and whom a request names."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chat import posting
from chat.api import rate
from chat.api.authentication import caller
from chat.api.conversations import STATUSES
from chat.api.messages import EntrySerializer
from chat.api.schema import PersonRefSerializer
from chat.conversation import Participant, State, person_of, require_read
from chat.errors import KefuError
from chat.history import stored_entry
from chat.models import Label
from chat.ports import roster
from chat.posting import Posted
from chat.protocol.commands import Act
from chat.protocol.entry import MAX_CLIENT_MSG_ID, MAX_TEXT, Person, encode_entry


class StandingSerializer(serializers.Serializer[Any]):
    """Where the conversation stands after the act. What only agents see is empty for visitors."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=STATUSES)
    agent = PersonRefSerializer(allow_null=True)
    rating = serializers.IntegerField(allow_null=True)
    closed_at = serializers.IntegerField(allow_null=True, help_text="Milliseconds since the epoch.")
    group = PersonRefSerializer(allow_null=True)
    offered = serializers.BooleanField(help_text="Given to its agent, who has not accepted yet.")
    guests = PersonRefSerializer(many=True)
    snoozed_until = serializers.IntegerField(allow_null=True)
    labels = PersonRefSerializer(many=True)


class ActedSerializer(serializers.Serializer[Any]):
    """What became of an act. `entry` is null when it changed nothing: it was so already."""

    conversation = StandingSerializer()
    entry = EntrySerializer(allow_null=True)


class WordSerializer(serializers.Serializer[Any]):
    """A word among the people who answer; visitors never see it."""

    text = serializers.CharField(max_length=MAX_TEXT)
    client_msg_id = serializers.CharField(max_length=MAX_CLIENT_MSG_ID, required=False, allow_null=True)


def carry_out(request: Request, command: Act, status: int = 200) -> Response:
    """Post the act as the caller; answers with `ActedSerializer`'s shape. Raises `KefuError`."""
    who = caller(request)
    rate.check(request, "post", who)
    posted = posting.post_blocking(command, who)
    answer = {"conversation": _standing(posted.state, who), "entry": _entry(posted)}
    return Response(answer, status=status)


class Target:
    """The conversation of a request and the people it names, who must be its site's.

    Raises `not_found` for a conversation that the caller may not see.
    """

    def __init__(self, request: Request, conversation: uuid.UUID) -> None:
        self._id = str(conversation)
        self._who = caller(request)
        self._state: State | None = None

    @property
    def state(self) -> State:
        """Where it stands. Raises `not_found`, `journal_unavailable`."""
        if self._state is None:
            self._state = posting.current_state(self._id)
            require_read(self._state, self._who)
        return self._state

    def agents(self, ids: Sequence[uuid.UUID]) -> list[Person]:
        """Agents by id, in this order. Raises `invalid` for one that may not answer for the site."""
        wanted = list(dict.fromkeys(str(each) for each in ids))
        found = roster().named(wanted, self.state.site) if wanted else {}
        return [_named(found, each, "agent") for each in wanted]

    def agent(self, id_: uuid.UUID | None) -> Person | None:
        """One agent, or none."""
        return self.agents([id_])[0] if id_ is not None else None

    def group(self, id_: uuid.UUID | None) -> Person | None:
        """A group of the site, or none. Raises `invalid`."""
        if id_ is None:
            return None
        return _named(roster().groups_named([str(id_)], self.state.site), str(id_), "group")

    def labels(self, ids: Sequence[uuid.UUID]) -> tuple[Person, ...]:
        """Labels of the site or of every site. Raises `invalid`."""
        wanted = list(dict.fromkeys(str(each) for each in ids))
        rows = Label.objects.filter(pk__in=wanted).values_list("pk", "name", "site_id") if wanted else ()
        site = self.state.site
        found = {str(pk): Person(str(pk), name) for pk, name, of in rows if of is None or str(of) == site}
        return tuple(_named(found, each, "label") for each in wanted)


def _named(found: dict[str, Person], id_: str, what: str) -> Person:
    if id_ not in found:
        raise KefuError("invalid", f"no such {what} here", details={what: id_})
    return found[id_]


def _standing(state: State, who: Participant) -> dict[str, Any]:
    inside = who.kind != "visitor"
    return {
        "id": state.conversation,
        "status": state.status,
        "agent": person_of(state.agent),
        "rating": state.rating,
        "closed_at": state.closed_at,
        "group": person_of(state.group) if inside else None,
        "offered": state.offered and inside,
        "guests": [person_of(guest) for guest in state.guests] if inside else [],
        "snoozed_until": state.snoozed_until if inside else None,
        "labels": [person_of(label) for label in state.labels] if inside else [],
    }


def _entry(posted: Posted) -> Any:
    if not posted.entries:
        return None
    last = posted.entries[-1]
    if last.body:
        return msgspec.json.decode(last.body)
    # A repeat of something so old that the journal no longer holds its words.
    entry = stored_entry(posted.conversation, last.seq)
    return None if entry is None else msgspec.json.decode(encode_entry(entry))
