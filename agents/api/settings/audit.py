"""`audit-log/`: who changed what. Administrators of every site."""

from __future__ import annotations

from typing import Any

from auditlog.models import LogEntry
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api.settings.managing import manager
from chat.api.paging import DEFAULT_LIMIT, MAX_LIMIT, checked, listed
from chat.api.schema import CURSOR, LIMIT, errors, page_of
from chat.errors import KefuError

ACTIONS = {
    LogEntry.Action.CREATE: "created",
    LogEntry.Action.UPDATE: "changed",
    LogEntry.Action.DELETE: "deleted",
    LogEntry.Action.ACCESS: "read",
}


class AuditQuery(serializers.Serializer[Any]):
    """Filters; all of them narrow down."""

    actor = serializers.CharField(required=False, max_length=150)
    model = serializers.CharField(required=False, max_length=100)
    object = serializers.CharField(required=False, max_length=64)
    cursor = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)


class AuditSerializer(serializers.Serializer[Any]):
    """One change. `changes`: {column: [before, after]}; secrets are never in it."""

    id = serializers.IntegerField()
    at = serializers.IntegerField(help_text="Milliseconds since the epoch.")
    actor = serializers.CharField(allow_null=True, help_text="Login name; null: the program itself.")
    address = serializers.CharField(allow_null=True)
    action = serializers.ChoiceField(choices=sorted(ACTIONS.values()))
    model = serializers.CharField(help_text="For example agents.group.")
    object = serializers.CharField(help_text="Its id.")
    name = serializers.CharField()
    changes = serializers.DictField()


class AuditLogView(APIView):
    """Newest first."""

    @extend_schema(
        operation_id="audit_log_list",
        summary="Read the audit log",
        description="Administrators of every site.",
        tags=["settings"],
        parameters=[
            OpenApiParameter("actor", str, description="Login name."),
            OpenApiParameter("model", str, description="For example agents.group."),
            OpenApiParameter("object", str, description="Id of the thing."),
            CURSOR,
            LIMIT,
        ],
        responses={200: page_of("Audit", AuditSerializer), **errors(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        """A page."""
        if manager(request).sites is not None:
            raise KefuError("forbidden", "only administrators of every site")
        query = checked(AuditQuery, request.query_params)
        rows = LogEntry.objects.select_related("actor", "content_type").order_by("-pk")
        if "actor" in query:
            rows = rows.filter(actor__username=query["actor"])
        if "model" in query:
            label, _dot, model = query["model"].lower().partition(".")
            rows = rows.filter(content_type__app_label=label, content_type__model=model)
        if "object" in query:
            rows = rows.filter(object_pk=query["object"])
        if "cursor" in query:
            rows = rows.filter(pk__lt=query["cursor"])
        page = list(rows[: query["limit"] + 1])
        more, page = len(page) > query["limit"], page[: query["limit"]]
        cursor = str(page[-1].pk) if more else None
        return Response(listed([_shown(entry) for entry in page], {"next_cursor": cursor, "has_more": more}))


def _shown(entry: Any) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "at": int(entry.timestamp.timestamp() * 1000),
        "actor": entry.actor.get_username() if entry.actor is not None else None,
        "address": entry.remote_addr,
        "action": ACTIONS[entry.action],
        "model": f"{entry.content_type.app_label}.{entry.content_type.model}",
        "object": entry.object_pk,
        "name": entry.object_repr,
        "changes": entry.changes_dict,
    }
