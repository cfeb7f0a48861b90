"""`visitors/{id}/merge/` and `duplicates/`: several visitors who are one person."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat import merging
from chat.api.authentication import agent
from chat.api.paging import checked
from chat.api.registry import whole
from chat.api.schema import errors, page_of
from chat.api.visitors import VisitorSerializer, find_visitor, seen_by, shown_visitor


class MergeSerializer(serializers.Serializer[Any]):
    """The one that stays."""

    into = serializers.UUIDField()


class DuplicateSerializer(serializers.Serializer[Any]):
    """Somebody who may be the same person, and what they share."""

    visitor = VisitorSerializer()
    same = serializers.ListField(child=serializers.CharField())


class MergeView(APIView):
    """Agents who may see both."""

    @extend_schema(
        operation_id="visitors_merge",
        summary="Show a visitor as one person with another",
        description=(
            "Gaps in the data of the one that stays are filled; timelines are joined for agents. Tokens and "
            "conversations stay whose they were: no browser sees the other's history. Answers with the one "
            "that stays."
        ),
        tags=["visitors"],
        request=MergeSerializer,
        responses={200: VisitorSerializer, **errors(400, 401, 403, 404, 409, 415)},
    )
    def post(self, request: Request, visitor: uuid.UUID) -> Response:
        """The one that stays."""
        who = agent(request)
        into = checked(MergeSerializer, request.data)["into"]
        duplicate, stays = find_visitor(who, visitor), find_visitor(who, into)
        return Response(shown_visitor(merging.merge(duplicate.pk, stays.pk, who)))

    @extend_schema(
        operation_id="visitors_split",
        summary="Take a merge back",
        description="Data that was copied and not changed since is as before.",
        tags=["visitors"],
        responses={200: VisitorSerializer, **errors(401, 403, 404)},
    )
    def delete(self, request: Request, visitor: uuid.UUID) -> Response:
        """The visitor, on its own again."""
        return Response(shown_visitor(merging.split(find_visitor(agent(request), visitor).pk)))


class DuplicatesView(APIView):
    """Agents."""

    @extend_schema(
        operation_id="visitors_duplicates",
        summary="Who may be the same person",
        description="Visitors of the same site with the same e-mail, phone or user id; at most 20.",
        tags=["visitors"],
        responses={200: page_of("Duplicate", DuplicateSerializer), **errors(401, 403, 404)},
    )
    def get(self, request: Request, visitor: uuid.UUID) -> Response:
        """All of them, those who share most first."""
        who = agent(request)
        alike = merging.suggested(find_visitor(who, visitor), seen_by(who).select_related("merged_into"))
        return Response(whole([{"visitor": shown_visitor(row, []), "same": same} for row, same in alike]))
