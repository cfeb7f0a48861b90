"""`nlp/`: the NLP interface for other programs of the same house."""

from __future__ import annotations

from typing import Any

import msgspec
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bot.nlp.errors import NlpError
from bot.nlp.request import MAX_BATCH, MAX_TEXT, TASKS
from bot.nlp.service import understand, understand_many
from chat.api import rate
from chat.api.authentication import agent
from chat.api.schema import errors
from chat.errors import KefuError

_CODES = {400: "invalid", 409: "conflict", 503: "busy"}


class NlpSerializer(serializers.Serializer[Any]):
    """A text, or up to 64 texts, and what is wanted of them."""

    text = serializers.CharField(required=False, max_length=MAX_TEXT)
    texts = serializers.ListField(
        child=serializers.CharField(max_length=MAX_TEXT), required=False, max_length=MAX_BATCH
    )
    task = serializers.ChoiceField(choices=TASKS)
    options = serializers.DictField(required=False, help_text="By task; see docs/bot/nlp.md.")


class NlpResultSerializer(serializers.Serializer[Any]):
    """What every engine answers. With `texts` it is {"results": [this, …]} in their order."""

    task = serializers.ChoiceField(choices=TASKS)
    result = serializers.JSONField(help_text="By task.")
    model = serializers.CharField(help_text="What computed it.")
    version = serializers.CharField()
    took_us = serializers.IntegerField(help_text="Microseconds.")
    language = serializers.CharField(help_text="zh or en.")
    results = serializers.ListField(child=serializers.DictField(), required=False)


class NlpView(APIView):
    """Agents."""

    @extend_schema(
        operation_id="nlp",
        summary="Understand texts",
        description=(
            "Tasks: intent, entities, sentiment, similarity, embed, keywords. Refusals carry a number in "
            "`details.number` (1001 text_missing … 1205 engine_open) and `details.at`: which text of a batch."
        ),
        tags=["bot"],
        request=NlpSerializer,
        responses={200: NlpResultSerializer, **errors(400, 401, 403, 409, 415, 429, 503)},
        examples=[
            OpenApiExample(
                "entities",
                value={"text": "订单 2026112000123 明天能到吗", "task": "entities"},
                request_only=True,
            ),
            OpenApiExample(
                "batch", value={"texts": ["我要退款", "发票怎么开"], "task": "intent"}, request_only=True
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        """The result, or results."""
        who = agent(request)
        rate.check(request, "nlp", who)
        body = request.data if isinstance(request.data, dict) else {}
        try:
            if "texts" in body:
                results = understand_many(body["texts"], body.get("task"), body.get("options"))
                return Response({"results": [msgspec.to_builtins(result) for result in results]})
            return Response(
                msgspec.to_builtins(understand(body.get("text"), body.get("task"), body.get("options")))
            )
        except NlpError as error:
            raise refusal_of(error) from None


def refusal_of(error: NlpError) -> KefuError:
    """The error as the API has it; its number is in `details`."""
    details: dict[str, Any] = {"number": error.number, "error": error.name}
    if error.at is not None:
        details["at"] = error.at
    return KefuError(_CODES.get(error.status, "internal"), error.message, details=details)
