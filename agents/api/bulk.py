"""`conversations/bulk/`: one act on many conversations."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.desk import bulk
from chat.api import rate
from chat.api.authentication import agent
from chat.api.fields import Text
from chat.api.paging import checked, listed
from chat.api.schema import errors


class BulkSerializer(serializers.Serializer[Any]):
    """Which conversations, what to do, and what that act needs."""

    conversations = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=bulk.MAX_CONVERSATIONS
    )
    act = serializers.ChoiceField(choices=bulk.ACTS)
    reason = Text(200, help_text="close")
    summary = Text(2000, help_text="close")
    category = Text(100, help_text="close: a category's id, or words")
    labels = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=20, help_text="label, unlabel"
    )
    agent = serializers.UUIDField(required=False, allow_null=True, help_text="transfer")
    group = serializers.UUIDField(required=False, allow_null=True, help_text="transfer")
    note = Text(1000, help_text="transfer")
    until = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=2**53 - 1, help_text="snooze: ms"
    )


class BulkResultSerializer(serializers.Serializer[Any]):
    """What became of one. `code` and `message` say why not."""

    conversation = serializers.UUIDField()
    ok = serializers.BooleanField()
    code = serializers.CharField(allow_null=True)
    message = serializers.CharField(allow_null=True)


class BulkMetaSerializer(serializers.Serializer[Any]):
    """How many."""

    ok = serializers.IntegerField()
    failed = serializers.IntegerField()


class BulkView(APIView):
    """Agents; each conversation by the rules of the act alone."""

    @extend_schema(
        operation_id="conversations_bulk",
        summary="Do one thing to many conversations",
        description="At most 200. One that is refused does not hold up the others.",
        tags=["acts"],
        request=BulkSerializer,
        responses={
            200: inline_serializer(
                "BulkResults", {"data": BulkResultSerializer(many=True), "meta": BulkMetaSerializer()}
            ),
            **errors(400, 401, 403, 415, 429, 503),
        },
        examples=[
            OpenApiExample(
                "close",
                value={"conversations": ["0190b6a1-7c1e-7000-8000-0000000000aa"], "act": "close"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """One result each."""
        who = agent(request)
        rate.check(request, "post", who)
        body = checked(BulkSerializer, request.data)
        order = bulk.Order(
            act=body["act"],
            labels=tuple(body.get("labels") or ()),
            **{
                name: body.get(name) or None
                for name in ("reason", "summary", "category", "agent", "group", "note", "until")
            },
        )
        results = bulk.carry_out(body["conversations"], order, who)
        fine = sum(1 for result in results if result["ok"])
        return Response(listed(results, {"ok": fine, "failed": len(results) - fine}))
