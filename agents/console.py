"""The console's pages: sign in, sign out, and the shell that the modules in static/console/ bring to life."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from agents.console_modules import modules
from agents.models import Group, SiteRouting
from chat.conversation import RECALL_WINDOW_MS, Participant
from chat.models import Site
from chat.ports import bot_answers, roster
from chat.protocol.entry import MAX_TEXT


class AgentLoginForm(AuthenticationForm):
    """Django's form (axes counts its failures), closed to logins that are not enabled agents."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "not_agent": _("This account cannot answer visitors. Ask an administrator to make it an agent."),
    }

    def confirm_login_allowed(self, user: User) -> None:
        """Raise `ValidationError` unless the login is an enabled agent."""
        super().confirm_login_allowed(user)
        if user.pk is None or roster().agent_of(user.pk) is None:
            raise ValidationError(self.error_messages["not_agent"], code="not_agent")


@method_decorator(never_cache, name="dispatch")
class ConsoleLoginView(LoginView):
    """`/console/login/`."""

    authentication_form = AgentLoginForm
    template_name = "console/login.html"
    redirect_authenticated_user = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Somebody who is in already goes on; a signed-in stranger may sign in as somebody else."""
        if request.user.is_authenticated and roster().agent_of(request.user.pk) is not None:
            return redirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)


class ConsoleLogoutView(LogoutView):
    """`POST /console/logout/`."""

    next_page = "agents:login"


@require_GET
@never_cache
@ensure_csrf_cookie
def console(request: HttpRequest, conversation: UUID | None = None) -> HttpResponse:
    """The shell. `conversation` (a deep link) is read by the page's script; REST decides."""
    if not request.user.is_authenticated:
        return redirect(f"{reverse('agents:login')}?next={request.path}")
    agent = roster().agent_of(request.user.pk)
    if agent is None:
        return render(request, "console/refused.html", status=403)
    config = _config(request, agent)
    page = {"agent": agent, "config": config, "modules": modules(config["locale"])}
    return render(request, "console/console.html", page)


def _config(request: HttpRequest, agent: Participant) -> dict[str, Any]:
    """What the script needs before its first call; no secret but the CSRF token's cookie name."""
    sites = Site.objects.filter(is_active=True)
    if agent.sites is not None:
        sites = sites.filter(pk__in=agent.sites)
    known = list(sites)
    with_bot = {str(site.pk) for site in known if bot_answers(str(site.pk))}
    return {
        "agent": {"id": agent.id, "name": agent.name, "role": agent.role},
        "groups": _groups(agent),
        "locale": "zh-CN" if (get_language() or "").startswith("zh") else "en",
        "sites": [
            {
                "id": str(site.pk),
                "name": site.name,
                "require_category": site.require_category,
                "bot": str(site.pk) in with_bot,
                "help": f"/help/{site.public_key}/",
            }
            for site in known
        ],
        "bot": bool(with_bot),
        "sla": _targets(known),
        "routing": settings.KEFU_ROUTING,
        "base": reverse("agents:console"),
        "login": reverse("agents:login"),
        "limits": {"text": MAX_TEXT, "recall_ms": RECALL_WINDOW_MS},
        "is_staff": bool(getattr(request.user, "is_staff", False)),
    }


def _groups(agent: Participant) -> list[dict[str, str]]:
    """The agent's own groups; every group for those who may see all (supervisors, administrators)."""
    groups = Group.objects.filter(is_enabled=True)
    if agent.groups is not None:
        groups = groups.filter(pk__in=agent.groups)
    return [{"id": str(key), "name": name} for key, name in groups.values_list("pk", "name")]


def _targets(sites: list[Site]) -> dict[str, dict[str, int]]:
    """How soon each site promises an answer, in seconds; the table's defaults where nothing was set."""
    kept = {routing.site_id: routing for routing in SiteRouting.objects.filter(site__in=sites)}
    default = SiteRouting()
    targets = {}
    for site in sites:
        routing = kept.get(site.pk, default)
        targets[str(site.pk)] = {
            "first_reply_s": routing.first_reply_target_s,
            "reply_s": routing.reply_target_s,
        }
    return targets
