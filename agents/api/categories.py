"""`close-categories/`: what conversations were about, as a tree. Agents choose, supervisors keep it."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.desk.targets import MAX_DEPTH
from agents.models import CloseCategory
from chat.api.authentication import agent
from chat.api.paging import checked
from chat.api.registry import MAX_ROWS, SITE, SiteQuery, found, whole
from chat.api.schema import errors, page_of
from chat.conversation import Participant
from chat.errors import KefuError
from chat.registries import may_change, of_sites, own_site, require_change, save


class CategorySerializer(serializers.Serializer[Any]):
    """A category. `path`: its words from the top; `children` are of the same kind."""

    id = serializers.UUIDField()
    site = serializers.UUIDField(allow_null=True)
    parent = serializers.UUIDField(allow_null=True)  # type: ignore[assignment]
    name = serializers.CharField()
    path = serializers.CharField()
    position = serializers.IntegerField()
    editable = serializers.BooleanField(help_text="Whether the caller may change it.")
    children = serializers.ListField(child=serializers.DictField())


class CategoryPatchSerializer(serializers.Serializer[Any]):
    """Absent fields stay."""

    name = serializers.CharField(max_length=60, required=False)
    parent = serializers.UUIDField(required=False, allow_null=True)  # type: ignore[assignment]
    position = serializers.IntegerField(required=False, min_value=0, max_value=32767)


class CategoryCreateSerializer(CategoryPatchSerializer):
    """A new one. `site` absent: its parent's, or the caller's only one."""

    name = serializers.CharField(max_length=60)
    site = serializers.UUIDField(required=False, allow_null=True)


class CategoriesView(APIView):
    """Those of the caller's sites."""

    @extend_schema(
        operation_id="close_categories_list",
        summary="List categories",
        description="The topmost ones, each with those under it.",
        tags=["categories"],
        parameters=[SITE],
        responses={200: page_of("CloseCategory", CategorySerializer), **errors(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        """The tree."""
        who = agent(request)
        query = checked(SiteQuery, request.query_params)
        rows = of_sites(CloseCategory.objects.order_by("position", "name", "pk"), who, query.get("site"))
        return Response(whole(tree(list(rows[:MAX_ROWS]), who)))

    @extend_schema(
        operation_id="close_categories_create",
        summary="Make a category",
        description="Supervisors; a category for every site needs an administrator.",
        tags=["categories"],
        request=CategoryCreateSerializer,
        responses={201: CategorySerializer, **errors(400, 401, 403, 404, 409, 415)},
        examples=[OpenApiExample("refunds", value={"name": "Refunds"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """The category."""
        who = agent(request)
        body = checked(CategoryCreateSerializer, request.data)
        parent = _find(who, body["parent"]) if body.get("parent") else None
        if parent is not None:
            body.setdefault("site", parent.site_id)
        row = CloseCategory(
            site_id=own_site(who, body), name=body["name"], position=body.get("position", 0), parent=parent
        )
        _write(row, who)
        return Response(_shown(row, who, _path(row)), status=201)


class CategoryView(APIView):
    """One category."""

    @extend_schema(
        operation_id="close_categories_retrieve",
        summary="Read a category",
        description="Without those under it.",
        tags=["categories"],
        responses={200: CategorySerializer, **errors(401, 403, 404)},
    )
    def get(self, request: Request, category: uuid.UUID) -> Response:
        """The category."""
        who = agent(request)
        row = _find(who, category)
        return Response(_shown(row, who, _path(row)))

    @extend_schema(
        operation_id="close_categories_partial_update",
        summary="Change a category",
        description="Conversations filed under it keep the words they were filed with.",
        tags=["categories"],
        request=CategoryPatchSerializer,
        responses={200: CategorySerializer, **errors(400, 401, 403, 404, 409, 415)},
    )
    def patch(self, request: Request, category: uuid.UUID) -> Response:
        """The category as changed."""
        who = agent(request)
        row = _find(who, category)
        require_change(who, row.site_id, "supervisor")
        body = checked(CategoryPatchSerializer, request.data)
        if "parent" in body:
            row.parent = _find(who, body["parent"]) if body["parent"] else None
        row.name = body.get("name", row.name)
        row.position = body.get("position", row.position)
        _write(row, who)
        return Response(_shown(row, who, _path(row)))

    @extend_schema(
        operation_id="close_categories_destroy",
        summary="Delete a category",
        description="With those under it. Conversations keep the words they were filed with.",
        tags=["categories"],
        responses={204: None, **errors(401, 403, 404)},
    )
    def delete(self, request: Request, category: uuid.UUID) -> Response:
        """It is gone."""
        who = agent(request)
        row = _find(who, category)
        require_change(who, row.site_id, "supervisor")
        row.delete()
        return Response(status=204)


def tree(rows: list[CloseCategory], who: Participant) -> list[dict[str, Any]]:
    """The rows as a tree; those whose parent is not among them stand at the top."""
    shown = {row.pk: _shown(row, who, row.name) for row in rows}
    top = [shown[row.pk] for row in rows if row.parent_id not in shown]
    for row in rows:
        if row.parent_id in shown:
            shown[row.parent_id]["children"].append(shown[row.pk])
    _name_paths(top, "")
    return top


def _name_paths(nodes: list[dict[str, Any]], above: str) -> None:
    for node in nodes:
        node["path"] = f"{above} / {node['name']}" if above else node["name"]
        _name_paths(node["children"], node["path"])


def _write(row: CloseCategory, who: Participant) -> None:
    """Save it, when it may stand where it shall. Raises `invalid` for a circle or a tree too deep."""
    require_change(who, row.site_id, "supervisor")
    if row.parent is not None and row.parent.site_id not in (None, row.site_id):
        raise KefuError("invalid", "the category above belongs to another site")
    above, depth = row.parent, 1
    while above is not None:
        depth += 1
        if above.pk == row.pk or depth > MAX_DEPTH:
            raise KefuError("invalid", f"categories stand at most {MAX_DEPTH} deep and never in a circle")
        above = above.parent
    save(row, "category")


def _path(row: CloseCategory) -> str:
    words, above = [row.name], row.parent
    while above is not None and len(words) < MAX_DEPTH:
        words.insert(0, above.name)
        above = above.parent
    return " / ".join(words)


def _find(who: Participant, category: uuid.UUID) -> CloseCategory:
    return found(of_sites(CloseCategory.objects.all(), who), category, "category")


def _shown(row: CloseCategory, who: Participant, path: str) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "site": str(row.site_id) if row.site_id else None,
        "parent": str(row.parent_id) if row.parent_id else None,
        "name": row.name,
        "path": path,
        "position": row.position,
        "editable": may_change(who, row.site_id, "supervisor"),
        "children": [],
    }
