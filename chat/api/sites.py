"""`sites/`: administrators make and change them; agents read those they answer for.

Secrets are shown once.
"""

from __future__ import annotations

import uuid
import zoneinfo
from typing import Any, Final

from django.core.validators import RegexValidator
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat import sites
from chat.api.authentication import admin, agent
from chat.api.conversations import ms
from chat.api.fields import Origin
from chat.api.paging import PageQuery, checked, listed, newest_first
from chat.api.schema import CURSOR, LIMIT, errors, page_of
from chat.conversation import Participant
from chat.errors import KefuError
from chat.models import Site, default_upload_types, new_public_key, new_secret
from chat.uploads.receiving import HARD_LIMIT

_COLOR: Final = RegexValidator(r"\A#[0-9a-fA-F]{6}\Z", "Six hexadecimal digits after #.")
_MEDIA_TYPE: Final = RegexValidator(r"\A[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,90}\Z", "A type such as image/png.")
_LOCALE: Final = RegexValidator(r"\A[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", "A language such as zh-CN.")


class SiteWriteSerializer(serializers.Serializer[Any]):
    """What an administrator sets. Every field but `name` has a default."""

    name = serializers.CharField(max_length=100)
    public_key = serializers.RegexField(
        r"\A[A-Za-z0-9_-]+\Z", max_length=64, required=False, help_text="Made when absent."
    )
    secret = serializers.RegexField(
        r"\A[\x21-\x7e]+\Z",
        min_length=32,
        max_length=128,
        required=False,
        write_only=True,
        help_text="Signs users; made when absent, never read again.",
    )
    allowed_origins = serializers.ListField(child=Origin(), max_length=sites.MAX_ORIGINS, required=False)
    allow_missing_origin = serializers.BooleanField(required=False)
    greeting = serializers.CharField(max_length=500, allow_blank=True, required=False)
    accent_color = serializers.CharField(max_length=7, validators=[_COLOR], required=False)
    locale = serializers.CharField(max_length=16, validators=[_LOCALE], required=False)
    time_zone = serializers.CharField(max_length=64, required=False)
    reopen_hours = serializers.IntegerField(min_value=0, max_value=8760, required=False)
    typing_preview = serializers.BooleanField(required=False)
    require_category = serializers.BooleanField(
        required=False, help_text="Agents close a conversation with a category only."
    )
    upload_max_bytes = serializers.IntegerField(min_value=1, max_value=HARD_LIMIT, required=False)
    upload_types = serializers.ListField(
        child=serializers.CharField(max_length=150, validators=[_MEDIA_TYPE]), max_length=100, required=False
    )
    is_active = serializers.BooleanField(required=False)

    def validate_time_zone(self, value: str) -> str:
        """A name of the IANA database."""
        if value not in zoneinfo.available_timezones():
            raise serializers.ValidationError("A time zone such as Asia/Shanghai.")
        return value


class SiteSerializer(serializers.Serializer[Any]):
    """A site. `created_at` in ms since the epoch."""

    id = serializers.UUIDField()
    public_key = serializers.CharField()
    name = serializers.CharField()
    allowed_origins = serializers.ListField(child=serializers.CharField())
    allow_missing_origin = serializers.BooleanField()
    greeting = serializers.CharField()
    accent_color = serializers.CharField()
    locale = serializers.CharField()
    time_zone = serializers.CharField()
    reopen_hours = serializers.IntegerField()
    typing_preview = serializers.BooleanField()
    require_category = serializers.BooleanField()
    upload_max_bytes = serializers.IntegerField()
    upload_types = serializers.ListField(child=serializers.CharField())
    is_active = serializers.BooleanField()
    created_at = serializers.IntegerField()


class SiteWithSecretSerializer(SiteSerializer):
    """A site and, this once, its signing secret."""

    secret = serializers.CharField()


_EXAMPLE: Final = OpenApiExample(
    "shop",
    value={"name": "Shop", "allowed_origins": ["https://shop.example.com"], "greeting": "How can we help?"},
    request_only=True,
)


class SitesView(APIView):
    """All of them."""

    @extend_schema(
        operation_id="sites_list",
        summary="List sites",
        description="Administrators see all, agents those they answer for.",
        tags=["sites"],
        parameters=[CURSOR, LIMIT],
        responses={200: page_of("Site", SiteSerializer), **errors(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        """A page."""
        rows = _visible(agent(request))
        page, meta = newest_first(rows, checked(PageQuery, request.query_params))
        return Response(listed([shown(row) for row in page], meta))

    @extend_schema(
        operation_id="sites_create",
        summary="Make a site",
        description="Administrators. The answer is the only one that bears the secret.",
        tags=["sites"],
        request=SiteWriteSerializer,
        responses={201: SiteWithSecretSerializer, **errors(400, 401, 403, 409, 415)},
        examples=[_EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """The site and its secret."""
        admin(request)
        given = checked(SiteWriteSerializer, request.data)
        defaults = {
            "public_key": new_public_key(), "secret": new_secret(), "upload_types": default_upload_types(),
        }  # fmt: skip
        row = _save(Site(**{**defaults, **given}))
        return Response({**shown(row), "secret": row.secret}, status=201)


class SiteView(APIView):
    """One site."""

    @extend_schema(
        operation_id="sites_retrieve",
        summary="Read a site",
        tags=["sites"],
        responses={200: SiteSerializer, **errors(401, 403, 404)},
    )
    def get(self, request: Request, site: uuid.UUID) -> Response:
        """The site, without its secret."""
        return Response(shown(_find(agent(request), site)))

    @extend_schema(
        operation_id="sites_partial_update",
        summary="Change a site",
        description="Administrators. Counts at once here and within 5 s in other processes.",
        tags=["sites"],
        request=SiteWriteSerializer(partial=True),
        responses={200: SiteSerializer, **errors(400, 401, 403, 404, 409, 415)},
        examples=[OpenApiExample("colour", value={"accent_color": "#0f766e"}, request_only=True)],
    )
    def patch(self, request: Request, site: uuid.UUID) -> Response:
        """The site as changed."""
        row = _find(admin(request), site)
        body = SiteWriteSerializer(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        for field, value in body.validated_data.items():
            setattr(row, field, value)
        return Response(shown(_save(row)))

    @extend_schema(
        operation_id="sites_destroy",
        summary="Remove a site",
        description=(
            "Administrators. One that ever had a visitor stays for its history: make it inactive instead "
            "(409)."
        ),
        tags=["sites"],
        responses={204: None, **errors(401, 403, 404, 409)},
    )
    def delete(self, request: Request, site: uuid.UUID) -> Response:
        """Nothing."""
        row = _find(admin(request), site)
        try:
            row.delete()
        except (ProtectedError, IntegrityError):
            raise KefuError("conflict", "the site has history; make it inactive instead") from None
        finally:
            sites.forget()
        return Response(status=204)


class RotateSecretView(APIView):
    """A new signing secret."""

    @extend_schema(
        operation_id="sites_rotate_secret",
        summary="Rotate a site's secret",
        description="Administrators. Hashes made with the old one are refused from now on.",
        tags=["sites"],
        request=None,
        responses={200: SiteWithSecretSerializer, **errors(401, 403, 404)},
    )
    def post(self, request: Request, site: uuid.UUID) -> Response:
        """The site and its new secret."""
        row = _find(admin(request), site)
        row.secret = new_secret()
        _save(row)
        return Response({**shown(row), "secret": row.secret})


def shown(row: Site) -> dict[str, Any]:
    """A site as the API gives it, without its secret."""
    fields = (
        "public_key", "name", "allowed_origins", "allow_missing_origin", "greeting", "accent_color", "locale",
        "time_zone", "reopen_hours", "typing_preview", "require_category", "upload_max_bytes", "upload_types",
        "is_active",
    )  # fmt: skip
    values = {field: getattr(row, field) for field in fields}
    return {"id": str(row.id), **values, "created_at": ms(row.created_at)}


def _visible(who: Participant) -> QuerySet[Site]:
    rows = Site.objects.order_by("-pk")
    return rows if who.sites is None else rows.filter(pk__in=who.sites)


def _find(who: Participant, site: uuid.UUID) -> Site:
    row = _visible(who).filter(pk=site).first()
    if row is None:
        raise KefuError("not_found", "no such site")
    return row


def _save(row: Site) -> Site:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise KefuError("conflict", "another site has this public key") from None
    sites.forget()
    return row
