"""`bot/answers/`: why the bot answered as it did, for the people who read the conversation."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bot.models import Answered, Outcome
from chat.api.authentication import agent
from chat.api.paging import PageQuery, checked, listed, newest_first
from chat.api.schema import CURSOR, LIMIT, errors, page_of
from chat.conversation import require_read
from chat.posting import current_state


class SourceSerializer(serializers.Serializer[Any]):
    """Where an answer comes from."""

    kind = serializers.CharField(help_text="question, passage, article, graph, rule, intent, action, model.")
    id = serializers.CharField()
    title = serializers.CharField()
    url = serializers.CharField(help_text="Relative to the site's help page; empty: none.")


class StepSerializer(serializers.Serializer[Any]):
    """What a level saw and decided."""

    level = serializers.CharField(help_text="guard, loops, rules, intent, graph, retrieval, model, honest.")
    verdict = serializers.CharField()
    detail = serializers.DictField(help_text="Scores and what they were given for; by level.")
    took_us = serializers.IntegerField()


class AnsweredSerializer(serializers.Serializer[Any]):
    """One answer. `seq`: of the visitor's message it answers."""

    id = serializers.UUIDField()
    conversation = serializers.UUIDField()
    seq = serializers.IntegerField()
    question = serializers.CharField()
    outcome = serializers.ChoiceField(choices=Outcome.values)
    level = serializers.CharField(help_text="Which level answered.")
    confidence = serializers.FloatField(help_text="0 to 1.")
    intent = serializers.CharField(help_text="Empty: none.")
    sources = SourceSerializer(many=True)
    trace = StepSerializer(many=True)
    took_us = serializers.IntegerField(help_text="Microseconds of computing.")
    model = serializers.CharField(
        help_text="What answered: release of knowledge (k), configuration (c), learnt model (m0: none)."
    )
    helped = serializers.BooleanField(allow_null=True, help_text="What the visitor said; null: nothing.")
    at = serializers.IntegerField(help_text="Milliseconds since the epoch.")


class AnswersQuery(PageQuery):
    """Whose, and perhaps to which message."""

    conversation = serializers.UUIDField()
    seq = serializers.IntegerField(required=False, min_value=1, max_value=2**53 - 1)


class AnswersView(APIView):
    """Agents who may read the conversation."""

    @extend_schema(
        operation_id="bot_answers_list",
        summary="Why the bot said this",
        description="The bot's answers in a conversation, newest first, with the levels that were tried.",
        tags=["bot"],
        parameters=[
            OpenApiParameter("conversation", uuid.UUID, required=True),
            OpenApiParameter("seq", int, description="Of the visitor's message that was answered."),
            CURSOR,
            LIMIT,
        ],
        responses={200: page_of("Answered", AnsweredSerializer), **errors(400, 401, 403, 404, 503)},
        examples=[
            OpenApiExample(
                "refund",
                value={
                    "data": [
                        {
                            "id": "0190b6a1-7c1e-7000-8000-0000000000b1",
                            "conversation": "0190b6a1-7c1e-7000-8000-0000000000aa",
                            "seq": 3,
                            "question": "退款多久到账",
                            "outcome": "answered",
                            "level": "retrieval",
                            "confidence": 0.93,
                            "intent": "",
                            "sources": [
                                {
                                    "kind": "question",
                                    "id": "0190b6a1-7c1e-7000-8000-0000000000b2",
                                    "title": "退款多久到账？",
                                    "url": "q/refund-time/",
                                }
                            ],
                            "trace": [
                                {"level": "rules", "verdict": "none", "detail": {}, "took_us": 12},
                                {
                                    "level": "retrieval",
                                    "verdict": "answered",
                                    "detail": {"threshold": 0.5},
                                    "took_us": 812,
                                },
                            ],
                            "took_us": 1630,
                            "model": "k12.c40.m3",
                            "helped": True,
                            "at": 1_763_680_000_000,
                        }
                    ],
                    "meta": {"next_cursor": None, "has_more": False},
                },
                response_only=True,
                status_codes=["200"],
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """A page."""
        who = agent(request)
        query = checked(AnswersQuery, request.query_params)
        require_read(current_state(str(query["conversation"])), who)
        rows = Answered.objects.filter(conversation=query["conversation"])
        if "seq" in query:
            rows = rows.filter(seq=query["seq"])
        page, meta = newest_first(rows, query, by="seq")
        return Response(listed([shown(row) for row in page], meta))


def shown(row: Answered) -> dict[str, Any]:
    """An answer as agents read it."""
    return {
        "id": str(row.pk),
        "conversation": str(row.conversation),
        "seq": row.seq,
        "question": row.question,
        "outcome": row.outcome,
        "level": row.level,
        "confidence": round(row.confidence, 4),
        "intent": row.intent,
        "sources": row.sources,
        "trace": row.trace,
        "took_us": row.took_us,
        "model": row.model,
        "helped": row.helped,
        "at": row.at_ms,
    }
