"""The customer's endpoints, and a button that calls one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from bot.actions.calling import Call, call
from bot.actions.replying import fill, words_of
from bot.admin.base import SecretField, TaughtAdmin, masked
from bot.admin.fields import PairField
from bot.models import Endpoint

if TYPE_CHECKING:  # takes a type argument only in the stubs
    _Form = forms.ModelForm[Endpoint]
else:
    _Form = forms.ModelForm

MIN_SECRET = 16


class EndpointForm(_Form):
    """An endpoint; its secret is written, never shown."""

    new_secret = SecretField(
        label=_("secret"), max_length=64,
        help_text=_("Empty: it stays, or one is made for a new endpoint and shown once."),
    )  # fmt: skip

    class Meta:
        model = Endpoint
        fields = ("name", "url", "timeout_ms", "reply", "reply_en", "enabled")
        widgets = dict.fromkeys(("reply", "reply_en"), forms.Textarea(attrs={"rows": 3, "cols": 80}))

    def clean_url(self) -> str:
        """http or https."""
        url = str(self.cleaned_data["url"])
        if not url.startswith(("http://", "https://")):
            raise forms.ValidationError(_("An address such as https://…"))
        return url

    def clean_new_secret(self) -> str:
        """Long enough to be one."""
        secret = str(self.cleaned_data["new_secret"] or "")
        if secret and len(secret) < MIN_SECRET:
            raise forms.ValidationError(_("At least %(count)d characters."), params={"count": MIN_SECRET})
        return secret

    def save(self, commit: bool = True) -> Endpoint:
        """With the new secret, if there is one."""
        if self.cleaned_data.get("new_secret"):
            self.instance.secret = self.cleaned_data["new_secret"]
        row: Endpoint = super().save(commit)
        return row


class TryForm(forms.Form):
    """What a call would carry."""

    intent = forms.SlugField(label=_("intent"), max_length=60)
    slots = PairField(label=_("slots"), required=False, help_text=_("One a line: order_id = 2026112000123"))
    language = forms.ChoiceField(label=_("language"), choices=(("zh", _("Chinese")), ("en", _("English"))))


@admin.register(Endpoint)
class EndpointAdmin(TaughtAdmin):
    """Endpoints."""

    empty_hint = _("No endpoints yet. Add the address at your shop that looks up an order or makes a refund.")
    form = EndpointForm
    site_path = None
    change_form_template = "admin/bot/endpoint_form.html"
    list_display = ("name", "url", "enabled", "timeout_ms", "updated_at")
    search_fields = ("name", "url")
    readonly_fields = ("shown_secret",)
    fields = ("name", "url", "shown_secret", "new_secret", "timeout_ms", "reply", "reply_en", "enabled")

    @admin.display(description=_("secret now"))
    def shown_secret(self, row: Endpoint) -> str:
        """Its end."""
        return "–" if row._state.adding else masked(row.secret)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A secret that was made here is shown this once."""
        super().save_model(request, obj, form, change)
        if not change and not form.cleaned_data.get("new_secret"):
            text = format_html("{} <code>{}</code>", _("Its secret, shown only now:"), obj.secret)
            self.message_user(request, text, messages.WARNING)

    def get_urls(self) -> list[Any]:
        """The page that calls it."""
        wrap = self.admin_site.admin_view
        return [path("<uuid:key>/try/", wrap(self.try_view), name="bot_endpoint_try"), *super().get_urls()]

    def try_view(self, request: HttpRequest, key: Any) -> HttpResponse:
        """A call with slots somebody types, and what became of it."""
        row = self.get_object(request, str(key))
        if row is None:
            raise Http404
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        intent = row.intents.values_list("name", flat=True).first() or "order_status"
        form = TryForm(request.POST or None, initial={"intent": intent})
        result = said = None
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            body = {
                "intent": given["intent"], "slots": given["slots"], "language": given["language"], "site": "",
                "conversation": "", "visitor": "", "trial": True,
            }  # fmt: skip
            asked = Call(row.name, row.url, row.secret, row.timeout_ms, f"trial:{uuid4()}", body)
            result = call(asked)
            if result.reply is not None:
                fields = {**given["slots"], **{name: str(value) for name, value in result.reply.data.items()}}
                template = row.reply if given["language"] == "zh" else row.reply_en or row.reply
                said = fill(template, fields) if template else words_of(result.reply, given["language"])
        shown = msgspec.json.format(msgspec.json.encode(result), indent=2).decode() if result else ""
        context = {
            **self.admin_site.each_context(request), "title": row.name, "opts": self.opts, "form": form,
            "media": self.media, "result": result, "shown": shown, "said": said,
            "back": reverse("admin:bot_endpoint_change", args=[row.pk]),
        }  # fmt: skip
        return TemplateResponse(request, "admin/bot/endpoint_try.html", context)
