"""`bot/conversations/<id>/…`: what the bot does for the agent who reads the conversation."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bot.api.answers import SourceSerializer
from bot.assisting.suggesting import MAX_DRAFT, suggest
from bot.assisting.summing_up import MOODS, sum_up
from bot.learning.taught import teach_answer, teach_wording
from chat.api import rate
from chat.api.authentication import agent
from chat.api.fields import Text
from chat.api.paging import checked
from chat.api.schema import errors
from knowledge.models import MAX_ANSWER, Status

MAX_QUESTION = 300


class DraftSerializer(serializers.Serializer[Any]):
    """What the agent has written so far."""

    draft = Text(MAX_DRAFT)


class SuggestionSerializer(serializers.Serializer[Any]):
    """A reply. `text` is sent as it is; `markdown` is the same with its marks."""

    text = serializers.CharField()
    markdown = serializers.CharField()
    level = serializers.CharField()
    score = serializers.FloatField(help_text="0 to 1.")
    sources = SourceSerializer(many=True)


class SuggestedSerializer(serializers.Serializer[Any]):
    """Up to three, best first; none where the bot is off or knows nothing."""

    question = serializers.CharField(help_text="The visitor's words that these answer.")
    replies = SuggestionSerializer(many=True)


class TriedSerializer(serializers.Serializer[Any]):
    """What the bot came to before it handed over."""

    level = serializers.CharField()
    text = serializers.CharField()
    confidence = serializers.FloatField()


class SummarySerializer(serializers.Serializer[Any]):
    """A talk in short. `made`: handover (the bot's brief, and nothing came since) or now."""

    made = serializers.ChoiceField(choices=("handover", "now"))
    reason = serializers.CharField(help_text="Why the bot handed over; empty: it did not.")
    summary = serializers.CharField(help_text="Lines of the visitor's that tell the most.")
    intent = serializers.CharField()
    slots = serializers.DictField(child=serializers.CharField())
    tried = TriedSerializer(many=True)
    mood = serializers.ChoiceField(choices=MOODS)
    last_reply = serializers.CharField(help_text="What this side said last.")
    at = serializers.IntegerField(help_text="Milliseconds since the epoch.")


class TeachSerializer(serializers.Serializer[Any]):
    """A question as visitors ask it, and either its answer or the question that it is another wording of."""

    question = serializers.CharField(max_length=MAX_QUESTION)
    answer = serializers.CharField(max_length=MAX_ANSWER, required=False)
    question_id = serializers.UUIDField(required=False)

    def validate(self, attrs: Any) -> Any:
        """One of the two."""
        if ("answer" in attrs) == ("question_id" in attrs):
            raise serializers.ValidationError({"answer": "Give either an answer or a question_id."})
        return attrs


class TaughtSerializer(serializers.Serializer[Any]):
    """What became of it."""

    id = serializers.UUIDField(help_text="Of the question in the knowledge base.")
    made = serializers.ChoiceField(choices=("wording", "known", "question"))
    text = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.values)


class SuggestionsView(APIView):
    """Agents who may read the conversation."""

    @extend_schema(
        operation_id="bot_suggestions",
        summary="Suggested replies",
        description="For the visitor's newest words, from the engine that answers visitors. Sends nothing.",
        tags=["bot"],
        request=DraftSerializer,
        responses={200: SuggestedSerializer, **errors(400, 401, 403, 404, 415, 429, 503)},
        examples=[OpenApiExample("typing", value={"draft": "您好，退款"}, request_only=True)],
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """Replies."""
        who = agent(request)
        body = checked(DraftSerializer, request.data)
        rate.check(request, "assist", who)
        found = suggest(str(conversation), who, body.get("draft") or "")
        replies = [msgspec.to_builtins(reply) for reply in found.replies]
        return Response({"question": found.question, "replies": replies})


class SummaryView(APIView):
    """Agents who may read the conversation."""

    @extend_schema(
        operation_id="bot_summary",
        summary="A conversation in short",
        description="The brief of the bot's hand-over while nothing came since, else one made now.",
        tags=["bot"],
        responses={200: SummarySerializer, **errors(401, 403, 404, 429, 503)},
    )
    def get(self, request: Request, conversation: uuid.UUID) -> Response:
        """The summary."""
        who = agent(request)
        rate.check(request, "assist", who)
        return Response(msgspec.to_builtins(sum_up(str(conversation), who)))


class TeachView(APIView):
    """Agents who may read the conversation."""

    @extend_schema(
        operation_id="bot_teach",
        summary="Teach the bot from a conversation",
        description=(
            "With question_id: one more wording of a question there is. With answer: a new question of the "
            "conversation's site. Both wait for review; what visitors get changes when somebody publishes."
        ),
        tags=["bot"],
        request=TeachSerializer,
        responses={201: TaughtSerializer, **errors(400, 401, 403, 404, 409, 415, 429, 503)},
        examples=[
            OpenApiExample(
                "new",
                value={"question": "钱什么时候退回来", "answer": "退款会在 3 个工作日内原路退回。"},
                request_only=True,
            ),
            OpenApiExample(
                "wording",
                value={
                    "question": "钱什么时候退回来",
                    "question_id": "0190b6a1-7c1e-7000-8000-0000000000b2",
                },
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request, conversation: uuid.UUID) -> Response:
        """What it made."""
        who = agent(request)
        body = checked(TeachSerializer, request.data)
        rate.check(request, "assist", who)
        if "question_id" in body:
            taught = teach_wording(str(conversation), who, body["question"], body["question_id"])
        else:
            taught = teach_answer(str(conversation), who, body["question"], body["answer"])
        return Response(msgspec.to_builtins(taught), status=201)
