"""`auth/token/`: a login's name and password for JSON web tokens, guarded by django-axes and by address."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, TokenError
from rest_framework_simplejwt.tokens import RefreshToken

from chat.api import rate
from chat.api.paging import checked
from chat.api.schema import errors
from chat.errors import KefuError

_NO_STORE = {"Cache-Control": "no-store"}


class CredentialsSerializer(serializers.Serializer[Any]):
    """Who somebody says they are."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=256, trim_whitespace=False, style={"input_type": "password"})


class TokenPairSerializer(serializers.Serializer[Any]):
    """`access` goes into `Authorization: Bearer …` and lives for minutes; `refresh` gets the next one."""

    access = serializers.CharField()
    refresh = serializers.CharField()


class RefreshSerializer(serializers.Serializer[Any]):
    """The long-lived half."""

    refresh = serializers.CharField(max_length=4096)


class AccessSerializer(serializers.Serializer[Any]):
    """A fresh access token."""

    access = serializers.CharField()


class TokenView(APIView):
    """For agents and administrators."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="auth_token_create",
        summary="Sign in for tokens",
        description=(
            "After several failures in a row the name is locked for this address: 429 with Retry-After."
        ),
        tags=["sessions"],
        auth=[],
        request=CredentialsSerializer,
        responses={200: TokenPairSerializer, **errors(400, 401, 413, 415, 429, 503)},
        examples=[
            OpenApiExample("admin", value={"username": "admin", "password": "…"}, request_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        """Tokens for a valid login."""
        rate.check(request, "login")
        given = checked(CredentialsSerializer, request.data)
        http_request = request._request
        user = authenticate(http_request, username=given["username"], password=given["password"])
        if getattr(http_request, "axes_locked_out", False):
            wait_s = float(settings.AXES_COOLOFF_TIME) * 3600
            raise KefuError("rate_limited", "too many failed logins", retry_after_s=wait_s)
        if user is None or not user.is_active:
            raise KefuError("unauthorized", "no active login with this name and password")
        refresh = RefreshToken.for_user(user)
        tokens = {"access": str(refresh.access_token), "refresh": str(refresh)}
        return Response(tokens, headers=_NO_STORE)


class RefreshView(APIView):
    """For whoever holds a refresh token of a login that is still active."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="auth_token_refresh",
        summary="Renew an access token",
        tags=["sessions"],
        auth=[],
        request=RefreshSerializer,
        responses={200: AccessSerializer, **errors(400, 401, 413, 415, 429, 503)},
    )
    def post(self, request: Request) -> Response:
        """A fresh access token."""
        rate.check(request, "login")
        given = checked(RefreshSerializer, request.data)
        try:
            refresh = RefreshToken(given["refresh"])
            JWTAuthentication().get_user(refresh)  # still there, active, and with the same password
        except (TokenError, AuthenticationFailed, ValueError, TypeError):
            raise KefuError("unauthorized", "the token is not valid or has expired") from None
        return Response({"access": str(refresh.access_token)}, headers=_NO_STORE)
