"""`macros/`: several acts in one."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.desk import macros
from agents.desk.steps import MAX_STEPS, NAMES, plain, read_steps
from agents.models import Macro
from chat.api import rate
from chat.api.authentication import agent
from chat.api.conversations import ms, visible
from chat.api.paging import checked
from chat.api.registry import MAX_ROWS, SITE, SiteQuery, found, whole
from chat.api.schema import PersonRefSerializer, errors, page_of
from chat.conversation import Participant
from chat.errors import KefuError
from chat.registries import key_of, known_site, of_sites, own_site, require_change, save

MAX_OWN = 100
_STEPS = (
    "1 to 20, in order: accept; send or note {text}; label {add, remove}; transfer {agent or group, note}; "
    "snooze {for_s}; close {category, summary}; attribute {key, value}. `do` names which."
)


class MacroSerializer(serializers.Serializer[Any]):
    """A macro. `owner` null: shared; `site` null: at every site."""

    id = serializers.UUIDField()
    site = serializers.UUIDField(allow_null=True)
    owner = PersonRefSerializer(allow_null=True)
    shared = serializers.BooleanField()
    name = serializers.CharField()
    steps = serializers.ListField(child=serializers.DictField(), help_text=_STEPS)
    updated_at = serializers.IntegerField()
    editable = serializers.BooleanField(help_text="Whether the caller may change it.")


class MacroPatchSerializer(serializers.Serializer[Any]):
    """Absent fields stay."""

    name = serializers.CharField(max_length=100, required=False)
    steps = serializers.ListField(
        child=serializers.DictField(), required=False, max_length=MAX_STEPS, help_text=_STEPS
    )


class MacroCreateSerializer(MacroPatchSerializer):
    """A new one: one's own unless `shared`, which takes a supervisor."""

    name = serializers.CharField(max_length=100)
    steps = serializers.ListField(child=serializers.DictField(), max_length=MAX_STEPS, help_text=_STEPS)
    site = serializers.UUIDField(required=False, allow_null=True)
    shared = serializers.BooleanField(required=False, default=False)


class MacroQuery(SiteQuery):
    """Filters."""

    q = serializers.CharField(required=False, max_length=100, allow_blank=True)


class RunSerializer(serializers.Serializer[Any]):
    """Where to run it. The same `client_msg_id` again is the same run."""

    conversation = serializers.UUIDField()
    client_msg_id = serializers.CharField(max_length=40)


class StepRefSerializer(serializers.Serializer[Any]):
    """A step that was carried out, counted from 0."""

    step = serializers.IntegerField()
    do = serializers.ChoiceField(choices=NAMES)


class FailedStepSerializer(StepRefSerializer):
    """The step that was refused, and why."""

    code = serializers.CharField()
    message = serializers.CharField()


class RanSerializer(serializers.Serializer[Any]):
    """What became of a run. What was done before a refused step stays done."""

    conversation = serializers.UUIDField()
    ok = serializers.BooleanField()
    done = StepRefSerializer(many=True)
    failed = FailedStepSerializer(allow_null=True)


class MacrosView(APIView):
    """One's own, and the shared ones of one's sites."""

    @extend_schema(
        operation_id="macros_list",
        summary="List macros",
        tags=["macros"],
        parameters=[SITE, OpenApiParameter("q", str, description="Part of the name.")],
        responses={200: page_of("Macro", MacroSerializer), **errors(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        """All of them, by name."""
        who = agent(request)
        query = checked(MacroQuery, request.query_params)
        rows = of_sites(macros.seen_by(who), who, query.get("site")).order_by("name", "pk")
        if words := query.get("q"):
            rows = rows.filter(name__icontains=words)
        return Response(whole([_shown(row, who) for row in rows[:MAX_ROWS]]))

    @extend_schema(
        operation_id="macros_create",
        summary="Keep a macro",
        tags=["macros"],
        request=MacroCreateSerializer,
        responses={201: MacroSerializer, **errors(400, 401, 403, 409, 415)},
        examples=[
            OpenApiExample(
                "goodbye",
                value={
                    "name": "Goodbye",
                    "steps": [{"do": "send", "text": "Goodbye {{visitor.name|}}"}, {"do": "close"}],
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """The macro."""
        who = agent(request)
        body = checked(MacroCreateSerializer, request.data)
        site = own_site(who, body) if body["shared"] else known_site(body.get("site"))
        if body["shared"]:
            require_change(who, site, "supervisor")
        elif site is not None and not who.serves(str(site)):
            raise KefuError("forbidden", "only for sites of your own")
        elif Macro.objects.filter(owner=key_of(who)).count() >= MAX_OWN:
            raise KefuError("conflict", f"at most {MAX_OWN} macros of one's own")
        steps = plain(read_steps(body["steps"]))
        owner = None if body["shared"] else who.id
        row = Macro(site_id=site, owner_id=owner, name=body["name"], steps=steps)
        save(row, "macro")
        return Response(_shown(row, who), status=201)


class MacroView(APIView):
    """One macro."""

    @extend_schema(
        operation_id="macros_retrieve",
        summary="Read a macro",
        tags=["macros"],
        responses={200: MacroSerializer, **errors(401, 403, 404)},
    )
    def get(self, request: Request, macro: uuid.UUID) -> Response:
        """The macro."""
        who = agent(request)
        return Response(_shown(found(macros.seen_by(who), macro, "macro"), who))

    @extend_schema(
        operation_id="macros_partial_update",
        summary="Change a macro",
        tags=["macros"],
        request=MacroPatchSerializer,
        responses={200: MacroSerializer, **errors(400, 401, 403, 404, 409, 415)},
    )
    def patch(self, request: Request, macro: uuid.UUID) -> Response:
        """The macro as changed."""
        who = agent(request)
        row = _editable(who, macro)
        body = checked(MacroPatchSerializer, request.data)
        if "steps" in body:
            row.steps = plain(read_steps(body["steps"]))
        row.name = body.get("name", row.name)
        save(row, "macro")
        return Response(_shown(row, who))

    @extend_schema(
        operation_id="macros_destroy",
        summary="Delete a macro",
        tags=["macros"],
        responses={204: None, **errors(401, 403, 404)},
    )
    def delete(self, request: Request, macro: uuid.UUID) -> Response:
        """It is gone."""
        _editable(agent(request), macro).delete()
        return Response(status=204)


class RunMacroView(APIView):
    """Agents; each step by the rules of the act it is."""

    @extend_schema(
        operation_id="macros_run",
        summary="Run a macro in a conversation",
        description=(
            "Carries the steps out in order and stops at the first that is refused: `failed` names it, "
            "`done` what stays done. The same `client_msg_id` again gives the same answer; after 503 it goes "
            "on where it was."
        ),
        tags=["macros"],
        request=RunSerializer,
        responses={200: RanSerializer, **errors(400, 401, 403, 404, 409, 415, 429, 503)},
    )
    def post(self, request: Request, macro: uuid.UUID) -> Response:
        """What became of it."""
        who = agent(request)
        rate.check(request, "post", who)
        body = checked(RunSerializer, request.data)
        row = found(macros.seen_by(who), macro, "macro")
        conversation = found(visible(who), body["conversation"], "conversation")
        return Response(macros.answer(macros.run(row, conversation, who, body["client_msg_id"])))


def _editable(who: Participant, macro: uuid.UUID) -> Macro:
    row = found(macros.seen_by(who), macro, "macro")
    if not macros.may_edit(who, row):
        raise KefuError("forbidden", "shared macros are kept by supervisors")
    return row


def _shown(row: Macro, who: Participant) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "site": str(row.site_id) if row.site_id else None,
        "owner": {"id": str(row.owner.id), "name": row.owner.display_name} if row.owner else None,
        "shared": row.owner_id is None,
        "name": row.name,
        "steps": row.steps,
        "updated_at": ms(row.updated_at),
        "editable": macros.may_edit(who, row),
    }
