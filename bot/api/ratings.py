"""`bot/ratings/`: whether an answer helped, said by the visitor it was given to."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bot.learning.ratings import rate
from chat.api.authentication import caller
from chat.api.paging import checked
from chat.api.schema import errors
from chat.errors import KefuError


class RatingSerializer(serializers.Serializer[Any]):
    """Which answer, and whether it helped."""

    conversation = serializers.UUIDField()
    seq = serializers.IntegerField(min_value=1, max_value=2**53 - 1, help_text="Of the bot's message.")
    helped = serializers.BooleanField()


class RatingView(APIView):
    """The visitor of the conversation."""

    @extend_schema(
        operation_id="bot_ratings_create",
        summary="Say whether the bot's answer helped",
        description="Only the visitor it was given to may; saying it again changes what was said.",
        tags=["bot"],
        request=RatingSerializer,
        responses={204: None, **errors(400, 401, 403, 404, 415, 429, 503)},
        examples=[
            OpenApiExample(
                "helped",
                value={"conversation": "0190b6a1-7c1e-7000-8000-0000000000aa", "seq": 2, "helped": True},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Taken down."""
        body = checked(RatingSerializer, request.data)
        visitor = caller(request)
        if visitor.kind != "visitor":
            raise KefuError("forbidden", "only the visitor says whether it helped")
        rate(str(body["conversation"]), body["seq"], body["helped"], visitor)
        return Response(status=204)
