"""Who changed what: django-auditlog's rows, with the person behind each.

The library's own middleware connects a signal receiver with every request (a lock and a cleared cache each
time), believes X-Forwarded-For whoever sent it, and does not see the login of a Bearer token, which the API
reads after the middleware has run. Here one receiver is connected once and asks the request under way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, Final

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponseBase

#: What is watched: (columns left out, many-to-many columns). Facts of the log and counters are not changes.
WATCHED: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "agents.Agent": (("created_at",), ("sites", "skills")),
    "agents.AgentSkill": ((), ()),
    "agents.BusinessHours": ((), ()),
    "agents.CannedReply": (("pinyin", "initials", "used_count", "updated_at"), ()),
    "agents.CloseCategory": ((), ()),
    "agents.Group": (("created_at",), ("sites", "agents", "skills")),
    "agents.Holiday": ((), ()),
    "agents.Macro": (("updated_at",), ()),
    "agents.RoutingRule": ((), ("skills",)),
    "agents.SavedView": (("updated_at",), ()),
    "agents.ScheduledBreak": ((), ()),
    "agents.SiteRouting": ((), ()),
    "agents.Skill": ((), ()),
    "bot.BotSettings": (("updated_at",), ()),
    "bot.Endpoint": (("secret", "updated_at"), ()),
    "bot.EntityList": (("updated_at",), ()),
    "bot.EntityPattern": (("updated_at",), ()),
    "bot.Example": ((), ()),
    "bot.Intent": (("updated_at",), ()),
    "bot.LanguageModel": (("key", "updated_at"), ()),
    "bot.RemoteEngine": (("key", "updated_at"), ()),
    "bot.Rule": (("updated_at",), ()),
    "bot.SensitiveWord": (("updated_at",), ()),
    "bot.Slot": ((), ()),
    "bot.TrainedModel": (("data", "report", "created_at"), ()),
    "chat.AttributeDefinition": ((), ()),
    "chat.Block": (("created_at",), ()),
    "chat.Label": (("created_at",), ()),
    "chat.Site": (("secret", "created_at"), ()),
    "knowledge.Article": (("created_at", "updated_at", "revision"), ()),
    "knowledge.Category": (("slug",), ()),
    "knowledge.Entity": (("updated_at",), ()),
    "knowledge.GoldenQuestion": (("created_at",), ()),
    "knowledge.Question": (("created_at", "updated_at", "revision", "folded", "searchable"), ()),
    "knowledge.Relation": (("updated_at",), ()),
    "knowledge.Release": (("contents", "facts", "changes", "golden"), ()),
    "knowledge.Synonym": (("updated_at",), ()),
    "knowledge.Term": ((), ()),
    "auth.User": (("password", "last_login", "date_joined"), ("groups", "user_permissions")),
}

_request: ContextVar[HttpRequest | None] = ContextVar("audited_request", default=None)


class AuditTrail:
    """Middleware: remember the request while it is served.

    Both ways, because one that can only be synchronous makes all those outside it so: the turnstile would
    let everybody pass.
    """

    async_capable = True
    sync_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Serve it."""
        if self._is_async:
            return self._remembered(request)
        mark = _request.set(request)
        try:
            response: HttpResponseBase = self._get_response(request)
            return response
        finally:
            _request.reset(mark)

    async def _remembered(self, request: HttpRequest) -> HttpResponseBase:
        mark = _request.set(request)
        try:
            response: HttpResponseBase = await self._get_response(request)
            return response
        finally:
            _request.reset(mark)


def connect() -> None:
    """Watch what is watched, and name the person behind every audit row from now on."""
    from auditlog.models import LogEntry
    from auditlog.registry import auditlog
    from django.apps import apps
    from django.db.models.signals import pre_save

    for name, (left_out, many) in WATCHED.items():
        auditlog.register(apps.get_model(name), exclude_fields=list(left_out), m2m_fields=set(many))
    pre_save.connect(_name_actor, sender=LogEntry, weak=False, dispatch_uid="kefu.audit")


def _name_actor(sender: Any, instance: Any, **_: Any) -> None:
    request = _request.get()
    if request is None or instance.pk is not None:
        return
    user = getattr(request, "user", None)
    if isinstance(user, get_user_model()):
        instance.actor = user
    else:
        instance.actor = _login_of(getattr(user, "participant", None))
    from chat.api.rate import client_address

    instance.remote_addr = client_address(request)


def _login_of(participant: Any) -> Any:
    """The login behind an agent's session token."""
    if participant is None or participant.kind != "agent":
        return None
    from agents.models import Agent

    agent = Agent.objects.filter(pk=participant.id).select_related("user").first()
    return agent.user if agent is not None else None
