"""`visitor/reception/` and `visitor/leave-message/`: whether somebody is there, and what to do when not."""

from __future__ import annotations

import re
from typing import Any, Final

from django.core.validators import RegexValidator, validate_email
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.api import rate
from chat.api.authentication import caller
from chat.api.conversations import STATUSES
from chat.api.fields import Text
from chat.api.paging import checked
from chat.api.schema import PlaceSerializer as PlaceSerializer
from chat.api.schema import errors
from chat.conversation import Participant
from chat.errors import KefuError
from chat.leaving import Left, leave_message
from chat.ports import Openness, Place
from chat.protocol.entry import MAX_CLIENT_MSG_ID, MAX_TEXT
from chat.welcoming import open_conversation, welcome

STATES: Final = ("online", "away", "closed", "full")
_PHONE: Final = re.compile(r"^\+?[0-9][0-9 ()./-]{3,30}$")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


class OpennessSerializer(serializers.Serializer[Any]):
    """Whether somebody is there."""

    online = serializers.BooleanField(help_text="Somebody is there and it is open.")
    state = serializers.ChoiceField(
        choices=STATES,
        help_text="away: open, nobody there; closed: outside hours; full: the queue is as long as it may be.",
    )
    opens_at = serializers.IntegerField(allow_null=True, help_text="When it opens next; ms since the epoch.")


class WaitingConversationSerializer(serializers.Serializer[Any]):
    """The visitor's conversation that is not closed."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=STATUSES)
    queue = PlaceSerializer(allow_null=True)


class ReceptionSerializer(serializers.Serializer[Any]):
    """What the session answered about this, as of now."""

    site = OpennessSerializer()
    conversation = WaitingConversationSerializer(allow_null=True)


class LeaveMessageSerializer(serializers.Serializer[Any]):
    """The form. An e-mail address or a phone number is needed: how else could anybody answer?"""

    client_msg_id = serializers.CharField(max_length=MAX_CLIENT_MSG_ID, help_text="Repeats change nothing.")
    name = Text(100)
    email = Text(254, validators=[validate_email])
    phone = Text(32, validators=[RegexValidator(_PHONE, "Not a phone number.")])
    text = serializers.CharField(max_length=MAX_TEXT)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """One way to answer at least; a name is one line."""
        if not (data.get("email") or data.get("phone")):
            raise serializers.ValidationError({"email": ["An e-mail address or a phone number is needed."]})
        if data.get("name"):
            data["name"] = _CONTROL.sub(" ", data["name"]).strip()
        return data


class LeftSerializer(serializers.Serializer[Any]):
    """Where the message stands now."""

    conversation = serializers.UUIDField()
    id = serializers.UUIDField()
    seq = serializers.IntegerField()
    created_at = serializers.IntegerField()


class ReceptionView(APIView):
    """Visitors."""

    @extend_schema(
        operation_id="visitor_reception_retrieve",
        summary="See whether somebody is there",
        description="For refreshing what the session answered; changes of a place come as frames, too.",
        tags=["sessions"],
        responses={200: ReceptionSerializer, **errors(401, 403, 429, 503)},
    )
    def get(self, request: Request) -> Response:
        """As of now."""
        who, site = _visitor(request)
        rate.check(request, "read", who)
        standing = open_conversation(site, str(who.id))
        found = welcome(site, standing[0] if standing else None)
        conversation = (
            {"id": standing[0], "status": standing[1], "queue": place_shown(found.place)}
            if standing
            else None
        )
        answer = {"site": openness_shown(found.openness), "conversation": conversation}
        return Response(answer, headers={"Cache-Control": "no-store"})


class LeaveMessageView(APIView):
    """Visitors."""

    @extend_schema(
        operation_id="visitor_leave_message",
        summary="Leave a message",
        description=(
            "Becomes a message in the visitor's conversation and tells the team by e-mail. The contact is "
            "not verified. The same `client_msg_id` again changes nothing and gets the same answer."
        ),
        tags=["sessions"],
        request=LeaveMessageSerializer,
        responses={201: LeftSerializer, **errors(400, 401, 403, 409, 413, 415, 429, 503)},
        examples=[
            OpenApiExample(
                "form",
                value={
                    "client_msg_id": "5f0c2c1e-0d5e-4b0e-9d5a-0f6a4e1c2b3d",
                    "name": "Han Meimei",
                    "email": "han@example.com",
                    "text": "Is the white tea back in stock?",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """It stands in the log."""
        who, _ = _visitor(request)
        rate.check(request, "leave", who)
        body = checked(LeaveMessageSerializer, request.data)
        contact = {field: body[field] for field in ("name", "email", "phone") if body.get(field)}
        posted = leave_message(who, Left(body["client_msg_id"], body["text"], contact))
        answer = {
            "conversation": posted.conversation,
            "id": posted.id,
            "seq": posted.seq,
            "created_at": posted.created_at,
        }
        return Response(answer, status=201)


def openness_shown(openness: Openness) -> dict[str, Any]:
    """As sessions and the reception answer it."""
    return {"online": openness.online, "state": openness.state, "opens_at": openness.opens_at}


def place_shown(place: Place | None) -> dict[str, Any] | None:
    """As sessions and the reception answer it."""
    return None if place is None else {"position": place.position, "eta_s": place.eta_s}


def _visitor(request: Request) -> tuple[Participant, str]:
    """The calling visitor and their site. Raises `unauthorized`, `forbidden`."""
    who = caller(request)
    if who.kind != "visitor" or not who.sites:
        raise KefuError("forbidden", "only visitors may do this")
    (site,) = who.sites
    return who, site
