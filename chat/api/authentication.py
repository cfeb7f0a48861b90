"""Who is calling: a session token, a JWT of a login, or the console's cookie; always a `Participant` of
this moment.

Rights are read anew with every call, so a disabled agent or a blocked visitor is refused although the token
still lives. `request.auth` is the participant (None for a login that is no agent), `request.user` the login
if there is one.
"""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed as JwtRefused
from rest_framework_simplejwt.exceptions import InvalidToken

from chat import blocks
from chat.conversation import Participant
from chat.errors import KefuError
from chat.ports import roster
from chat.registries import require_role

_MAX_TOKEN: Final = 4096


class TokenHolder(AnonymousUser):
    """Stands where DRF wants a user when the caller came with a session token: known, but no login."""

    def __init__(self, participant: Participant) -> None:
        super().__init__()
        self.participant = participant

    @property
    def is_authenticated(self) -> bool:  # type: ignore[override]
        """The token was verified."""
        return True

    @property
    def is_anonymous(self) -> bool:  # type: ignore[override]
        """The token names somebody."""
        return False


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer …`: a kefu session token or a JWT access token, told apart by their form."""

    def authenticate(self, request: Request) -> tuple[Any, Participant | None] | None:
        """The caller; None without a Bearer header. Raises `unauthorized`, `token_expired`, `blocked`."""
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2 or len(parts[1]) > _MAX_TOKEN:
            raise KefuError("unauthorized", "the Authorization header is malformed")
        try:
            token = parts[1].decode("ascii")
        except UnicodeDecodeError:
            raise KefuError("unauthorized", "the token is malformed") from None
        if token.startswith("eyJ") and token.count(".") == 2:
            user = _user_of_jwt(token)
            return user, roster().agent_of(user.pk)
        participant = participant_of_token(token)
        if participant.kind == "visitor":
            for site in participant.sites or ():
                blocks.refuse_address(request.META.get("REMOTE_ADDR") or "", site)
        return TokenHolder(participant), participant

    def authenticate_header(self, request: Request) -> str:
        """Makes DRF answer 401, not 403, when nobody is named."""
        return 'Bearer realm="api"'


class ConsoleAuthentication(SessionAuthentication):
    """The console's login cookie; needs the CSRF token on everything but safe methods."""

    def authenticate(self, request: Request) -> tuple[Any, Participant | None] | None:
        """The login's agent; None without a cookie."""
        found = super().authenticate(request)
        return None if found is None else (found[0], roster().agent_of(found[0].pk))


def participant_of_token(token: str) -> Participant:
    """The person a session token names, with the rights of this moment.

    Raises `unauthorized`, `token_expired`, `blocked`.
    """
    from chat.realtime import tokens
    from chat.visitors import current_participant

    named = tokens.read(token)
    if named.kind == "visitor":
        return current_participant(named.id)
    current = roster().refresh(named.id) if named.kind == "agent" else None
    if current is None:
        raise KefuError("unauthorized", "this agent may no longer act")
    return current


def caller(request: Request) -> Participant:
    """The participant of an authenticated request.

    Raises `unauthorized`, or `forbidden` for a login without a role.
    """
    if isinstance(request.auth, Participant):
        return request.auth
    if not request.user or not request.user.is_authenticated:
        raise KefuError("unauthorized", "sign in first")
    raise KefuError("forbidden", "this login is not an agent")


def agent(request: Request) -> Participant:
    """The calling agent. Raises `unauthorized`, `forbidden`."""
    participant = caller(request)
    if participant.kind != "agent":
        raise KefuError("forbidden", "only agents may do this")
    return participant


def admin(request: Request) -> Participant:
    """The calling administrator: an agent of every site. Raises `unauthorized`, `forbidden`."""
    participant = agent(request)
    if participant.sites is not None:
        raise KefuError("forbidden", "only administrators may do this")
    return participant


def supervisor(request: Request) -> Participant:
    """The calling agent, who leads others. Raises `unauthorized`, `forbidden`."""
    participant = agent(request)
    require_role(participant, "supervisor")
    return participant


def _user_of_jwt(token: str) -> AbstractBaseUser:
    jwt = JWTAuthentication()
    try:
        return jwt.get_user(jwt.get_validated_token(token.encode()))
    except (InvalidToken, JwtRefused):
        raise KefuError("unauthorized", "the token is not valid or has expired") from None


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the API's description names Bearer tokens."""

    target_class = "chat.api.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """The OpenAPI security scheme."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A session token of a visitor or an agent, or the access token of a login.",
        }


class ConsoleScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the API's description names the console's cookie."""

    target_class = "chat.api.authentication.ConsoleAuthentication"
    name = "console"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """The OpenAPI security scheme."""
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The console's login cookie; calls that change something need X-CSRFToken.",
        }
