"""Words that every endpoint's description shares: the error shape, list envelopes, people and
conversations.
"""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers

from chat.errors import CODES

_REASONS: Final = {
    400: "The request is not valid; `details.fields` names what is wrong.",
    401: "No token, or one that is forged, expired or revoked.",
    403: "Known, but not allowed.",
    404: "No such thing, or none that the caller may see.",
    409: "It contradicts how things stand.",
    413: "Too large.",
    415: "A media type that is not taken here.",
    429: "Too many requests; `Retry-After` says when to come back.",
    503: "Out of reach for a moment; `Retry-After` says when to come back.",
}
_EXAMPLES: Final = {
    409: ("already_accepted", {"agent": {"id": "0190b6a1-0000-7000-8000-000000000001", "name": "Li Lei"}}),
    400: ("invalid", {"fields": {"text": ["Ensure this field has no more than 8000 characters."]}}),
}


class ErrorSerializer(serializers.Serializer[Any]):
    """What every refusal looks like."""

    code = serializers.CharField(help_text="A stable name for what went wrong.")
    message = serializers.CharField(help_text="English, for developers.")
    details = serializers.DictField(help_text="More about it, by code; empty where there is nothing to add.")


class PersonRefSerializer(serializers.Serializer[Any]):
    """A named id."""

    id = serializers.UUIDField()
    name = serializers.CharField(allow_null=True)


class PlaceSerializer(serializers.Serializer[Any]):
    """A place in the queue."""

    position = serializers.IntegerField(help_text="From 1.")
    eta_s = serializers.IntegerField(allow_null=True, help_text="Expected wait in seconds, null: unknown.")


class MetaSerializer(serializers.Serializer[Any]):
    """Where a list goes on."""

    next_cursor = serializers.CharField(allow_null=True, help_text="Pass it as `cursor` for the next page.")
    has_more = serializers.BooleanField()


def errors(*statuses: int) -> dict[int, OpenApiResponse]:
    """Descriptions of the refusals an endpoint may give; 401 and 429 belong to nearly all of them."""
    found: dict[int, OpenApiResponse] = {}
    for status in statuses:
        code, details = _EXAMPLES.get(status, (next(c for c, (s, _) in CODES.items() if s == status), {}))
        example = OpenApiExample(
            f"error {status}",
            value={"code": code, "message": code.replace("_", " "), "details": details},
            response_only=True,
            status_codes=[str(status)],
        )
        found[status] = OpenApiResponse(ErrorSerializer, description=_REASONS[status], examples=[example])
    return found


def page_of(name: str, item: Any) -> Any:
    """`{"data": [item], "meta": …}`."""
    return inline_serializer(name=f"{name}Page", fields={"data": item(many=True), "meta": MetaSerializer()})


CURSOR: Final = OpenApiParameter("cursor", str, description="`meta.next_cursor` of the page before.")
LIMIT: Final = OpenApiParameter(
    "limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 25}, description="Rows a page."
)
ENTRY_EXAMPLE: Final = {
    "conversation": "0190b6a1-7c1e-7000-8000-0000000000aa",
    "id": "0190b6a1-7c1e-7000-8000-0000000000ab",
    "seq": 1,
    "client_msg_id": "m1",
    "sender": {"kind": "visitor", "id": "0190b6a1-7c1e-7000-8000-0000000000ac", "name": "Han Meimei"},
    "kind": "text",
    "text": "Hello",
    "attachment": None,
    "card": None,
    "event": None,
    "reply_to": None,
    "created_at": 1_763_680_000_000,
}
