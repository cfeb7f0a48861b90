"""`POST /api/v1/visitor/sessions/`: a visitor comes in (wire contract, section 1)."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat import visitors
from chat.api import rate
from chat.api.fields import Attributes, Text, WebAddress
from chat.api.reception import OpennessSerializer, PlaceSerializer, openness_shown, place_shown
from chat.api.schema import PersonRefSerializer, errors
from chat.conversation import Status
from chat.models import Channel
from chat.ports import quick_questions
from chat.protocol.entry import MAX_TEXT
from chat.realtime.limits import VISITOR
from chat.sites import SiteConfig
from chat.welcoming import Welcome, welcome

SOCKET_PATH: Final = "/ws/v1/"
POLL_PATH: Final = "/api/v1/poll/"
MAX_FRAME_BYTES: Final = 64 * 1024


class UserClaimSerializer(serializers.Serializer[Any]):
    """What the page says about its user. Display data, unless `user_hash` proves the id."""

    id = Text(128)
    name = Text(100)
    email = Text(254)
    phone = Text(32)
    avatar_url = WebAddress(500)
    attributes = Attributes(required=False, allow_null=True)


class PageSerializer(serializers.Serializer[Any]):
    """Where the visitor is."""

    url = Text(2000)
    title = Text(500)
    referrer = Text(2000)


class VisitorSessionRequestSerializer(serializers.Serializer[Any]):
    """Everything but `site` is optional; unknown fields are ignored."""

    site = serializers.CharField(max_length=64, help_text="The site's public key.")
    visitor_token = Text(200, help_text="What an earlier session answered; the page keeps it.")
    user = UserClaimSerializer(required=False, allow_null=True)
    user_hash = Text(128, help_text="Hex HMAC-SHA256(site secret, user.id), made by the site's server.")
    page = PageSerializer(required=False, allow_null=True)
    locale = Text(16)
    channel = serializers.ChoiceField(
        choices=Channel.values,
        required=False,
        allow_null=True,
        help_text="What the visitor comes through; `api` when absent. Kept with a conversation made now.",
    )


class SessionConversationSerializer(serializers.Serializer[Any]):
    """The visitor's conversation that is not closed."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Status.__args__)  # type: ignore[attr-defined]
    head = serializers.IntegerField(help_text="Its last seq.")
    queue = PlaceSerializer(allow_null=True, help_text="Its place while it waits; changes come as frames.")


class MessageRateSerializer(serializers.Serializer[Any]):
    """Frames a second sustained, and at once."""

    per_second = serializers.FloatField()
    burst = serializers.IntegerField()


class LimitsSerializer(serializers.Serializer[Any]):
    """What this server takes; clients check before sending."""

    max_text = serializers.IntegerField(help_text="Characters of a message.")
    max_frame_bytes = serializers.IntegerField()
    upload_max_bytes = serializers.IntegerField()
    upload_types = serializers.ListField(child=serializers.CharField())
    message_rate = MessageRateSerializer(allow_null=True, help_text="null: not limited.")


class SessionSiteSerializer(OpennessSerializer):
    """What the widget shows of the site."""

    name = serializers.CharField()
    greeting = serializers.CharField()
    accent_color = serializers.CharField()
    locale = serializers.CharField()
    typing_preview = serializers.BooleanField()
    reopen_hours = serializers.IntegerField()
    quick_questions = serializers.ListField(
        child=serializers.CharField(),
        help_text="What the bot offers to ask; for a conversation that is its own and still empty.",
    )


class VisitorSessionSerializer(serializers.Serializer[Any]):
    """An opened session."""

    token = serializers.CharField(help_text="Opens a socket or a long poll; lives 10 minutes.")
    expires_at = serializers.IntegerField(help_text="Milliseconds since the epoch.")
    visitor_token = serializers.CharField(help_text="Long-lived; keep it, send it with the next session.")
    visitor = PersonRefSerializer()
    conversation = SessionConversationSerializer()
    socket = serializers.CharField(help_text="Path of the WebSocket.")
    poll = serializers.CharField(help_text="Path of the long poll.")
    limits = LimitsSerializer()
    site = SessionSiteSerializer()


class VisitorSessionView(APIView):
    """No authentication: the site's public key, its origin rules and `user_hash` decide."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="visitor_sessions_create",
        summary="Open a visitor's session",
        description=(
            "Finds or makes the visitor and the one conversation that is not closed. A valid `user_hash` "
            "binds the visitor to the site's own user and outranks `visitor_token`; a token of another user "
            "or site is ignored. Refused with `origin_not_allowed`, `bad_user_hash` or `blocked` (403)."
        ),
        tags=["sessions"],
        auth=[],
        request=VisitorSessionRequestSerializer,
        responses={201: VisitorSessionSerializer, **errors(400, 403, 404, 413, 415, 429, 503)},
        examples=[
            OpenApiExample(
                "first visit",
                value={"site": "demo", "page": {"url": "https://shop.example.com/", "title": "Shop"}},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Translate, open, answer."""
        rate.check(request, "session")
        body = VisitorSessionRequestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        opened = visitors.open_session(_request_of(request, body.validated_data))
        found = welcome(opened.site.id, opened.conversation.id)
        answer = _answer(opened, found, body.validated_data.get("locale") or "")
        return Response(answer, status=201, headers={"Cache-Control": "no-store"})


def _request_of(request: Request, data: dict[str, Any]) -> visitors.SessionRequest:
    user = data.get("user")
    page = {key: value for key, value in (data.get("page") or {}).items() if value}
    return visitors.SessionRequest(
        site=data["site"],
        host=request.get_host(),
        origin=request.headers.get("Origin"),
        visitor_token=data.get("visitor_token"),
        user=visitors.UserClaim(**user) if user else None,
        user_hash=data.get("user_hash"),
        page=page or None,
        locale=data.get("locale"),
        address=request.META.get("REMOTE_ADDR") or "",
        channel=data.get("channel") or Channel.API,
    )


def _answer(opened: visitors.SessionOpened, found: Welcome, locale: str) -> dict[str, Any]:
    standing, site = opened.conversation, opened.site
    return {
        "token": opened.token,
        "expires_at": opened.expires_at,
        "visitor_token": opened.visitor_token,
        "visitor": {"id": opened.visitor.id, "name": opened.visitor.name},
        "conversation": {
            "id": standing.id,
            "status": standing.status,
            "head": standing.head,
            "queue": place_shown(found.place),
        },
        "socket": SOCKET_PATH,
        "poll": POLL_PATH,
        "limits": limits_of(site),
        "site": {
            "name": site.name,
            "greeting": site.greeting,
            "accent_color": site.accent_color,
            "locale": site.locale,
            "typing_preview": site.typing_preview,
            "reopen_hours": site.reopen_hours,
            "quick_questions": list(_offered(opened, locale)),
            **openness_shown(found.openness),
        },
    }


def _offered(opened: visitors.SessionOpened, locale: str) -> tuple[str, ...]:
    if opened.conversation.status != "bot" or opened.conversation.head:
        return ()
    return quick_questions(opened.site.id, locale)


def limits_of(site: SiteConfig) -> dict[str, Any]:
    """What clients of this site have to respect."""
    per_second, burst = VISITOR
    return {
        "max_text": MAX_TEXT,
        "max_frame_bytes": MAX_FRAME_BYTES,
        "upload_max_bytes": site.upload_max_bytes,
        "upload_types": sorted(site.upload_types),
        "message_rate": {"per_second": per_second, "burst": int(burst)} if settings.KEFU_RATE_LIMIT else None,
    }
