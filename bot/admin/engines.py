"""What understands and what writes: learnt models and their learning, engines elsewhere, language models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from bot.admin.base import SecretField, TaughtAdmin, masked
from bot.admin.naming import TASKS as TASK_WORDS
from bot.admin.naming import named
from bot.answering.encoding import english
from bot.learning import progress
from bot.learning.training import activate
from bot.models import Example, LanguageModel, RemoteEngine, TrainedModel
from bot.nlp.request import TASKS
from knowledge.admin.scope import SiteFilter, person

if TYPE_CHECKING:  # these take type arguments only in the stubs
    _EngineForm = forms.ModelForm[RemoteEngine]
    _ModelForm = forms.ModelForm[LanguageModel]
else:
    _EngineForm = _ModelForm = forms.ModelForm


@admin.register(TrainedModel)
class TrainedModelAdmin(TaughtAdmin):
    """Learnt models: made by learning, chosen by hand."""

    empty_hint = _("Nothing is learnt yet. Write examples at the intents, then learn from them above.")
    site_path = None
    change_list_template = "admin/bot/model_list.html"
    change_form_template = "admin/bot/model_form.html"
    list_display = (
        "__str__", "shown_state", "shown_accuracy", "shown_examples", "canary_percent", "created_by",
        "created_at",
        "note",
    )  # fmt: skip
    fields = ("canary_percent", "note", "created_by", "created_at")
    readonly_fields = ("created_by", "created_at")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the weights."""
        return super().get_queryset(request).defer("data")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They are learnt."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Those who serve every site: a model answers at all of them."""
        who = person(request)
        return who.may_write and who.sites is None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not the one that answers."""
        return self.has_change_permission(request) and (obj is None or not obj.active)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Not the one that answers."""
        super().delete_queryset(request, queryset.filter(active=False))

    @admin.display(description=_("state"), ordering="active")
    def shown_state(self, row: TrainedModel) -> str:
        """Whether it answers."""
        if row.active:
            return format_html('<span class="badge badge-published">{}</span>', _("answers"))
        if row.canary_percent:
            text = _("%(share)d %% of conversations") % {"share": row.canary_percent}
            return format_html('<span class="badge badge-review">{}</span>', text)
        return "–"

    @admin.display(description=_("right in cross-validation"))
    def shown_accuracy(self, row: TrainedModel) -> str:
        """In percent."""
        accuracy = row.report.get("accuracy")
        return f"{accuracy:.1%}" if isinstance(accuracy, int | float) else "–"

    @admin.display(description=_("learnt from"))
    def shown_examples(self, row: TrainedModel) -> str:
        """Examples of intents."""
        return _("%(examples)s examples of %(intents)s intents") % {
            "examples": row.report.get("examples", "?"), "intents": row.report.get("intents", "?"),
        }  # fmt: skip

    def get_urls(self) -> list[Any]:
        """Learning and choosing."""
        wrap = self.admin_site.admin_view
        return [
            path("train/", wrap(require_POST(self.train_view)), name="bot_train"),
            path("measure/", wrap(require_POST(self.measure_view)), name="bot_measure"),
            path("<uuid:key>/activate/", wrap(require_POST(self.activate_view)), name="bot_activate"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """With the learning under way."""
        encoder = english()
        context = {
            **(extra_context or {}), "learning": progress.current(),
            "may_learn": self.has_change_permission(request),
            "examples": Example.objects.filter(intent__enabled=True).count(),
            "encoder": encoder.name if encoder is not None else "",
        }  # fmt: skip
        return super().changelist_view(request, context)

    def train_view(self, request: HttpRequest) -> HttpResponse:
        """Begin learning."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        share = request.POST.get("canary_percent", "")
        canary = min(100, int(share)) if share.isdigit() else 0
        progress.begin(person(request).name, request.POST.get("note", "")[:200], canary)
        return HttpResponseRedirect(reverse("admin:bot_trainedmodel_changelist"))

    def measure_view(self, request: HttpRequest) -> HttpResponse:
        """Say what the encoder is worth on the golden questions."""
        from bot.learning.gain import measure  # numpy, of no use to the other pages

        if not self.has_change_permission(request):
            raise PermissionDenied
        encoder = english()
        gain = measure(encoder) if encoder is not None else None
        if gain is None or not gain.asked:
            text = _("There is nothing to measure: no encoder, or no golden question in its languages.")
            self.message_user(request, text, messages.WARNING)
        else:
            text = _(
                "The right answer of %(asked)d golden questions comes first: %(search)d times by the search, "
                "%(encoder)d by the encoder alone, %(both)d by both together (%(took_ms)d ms)."
            )
            self.message_user(request, text % msgspec.structs.asdict(gain), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:bot_trainedmodel_changelist"))

    def activate_view(self, request: HttpRequest, key: Any) -> HttpResponse:
        """Have it answer."""
        row = self.get_object(request, str(key))
        if row is None:
            raise Http404
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        activate(row)
        text = _("%(model)s answers from now on.") % {"model": row}
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:bot_trainedmodel_changelist"))


class RemoteEngineForm(_EngineForm):
    """An engine elsewhere; its key is written, never shown."""

    new_key = SecretField(label=_("access key"), max_length=200, help_text=_("Empty: it stays as it is."))
    tasks = forms.MultipleChoiceField(
        label=_("tasks"),
        choices=[(task, TASK_WORDS[task]) for task in TASKS],
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = RemoteEngine
        fields = ("name", "url", "tasks", "version", "canary_percent", "timeout_ms", "enabled")

    def save(self, commit: bool = True) -> RemoteEngine:
        """With the new key, if there is one."""
        if self.cleaned_data.get("new_key"):
            self.instance.key = self.cleaned_data["new_key"]
        row: RemoteEngine = super().save(commit)
        return row


@admin.register(RemoteEngine)
class RemoteEngineAdmin(TaughtAdmin):
    """Engines behind the NLP interface."""

    empty_hint = _("The engine within answers everything. Add one elsewhere to hand it some of the tasks.")
    form = RemoteEngineForm
    site_path = None
    list_display = ("name", "url", "shown_tasks", "version", "canary_percent", "timeout_ms", "enabled")
    readonly_fields = ("shown_key",)
    fields = (
        "name", "url", "shown_key", "new_key", "tasks", "version", "canary_percent", "timeout_ms", "enabled"
    )  # fmt: skip

    @admin.display(description=_("key now"))
    def shown_key(self, row: RemoteEngine) -> str:
        """Its end."""
        return masked(row.key)

    @admin.display(description=_("tasks"))
    def shown_tasks(self, row: RemoteEngine) -> str:
        """Their names."""
        return " · ".join(named(TASK_WORDS, task) for task in row.tasks)


class LanguageModelForm(_ModelForm):
    """A language model; its key is written, never shown."""

    new_key = SecretField(label=_("access key"), max_length=300, help_text=_("Empty: it stays as it is."))

    class Meta:
        model = LanguageModel
        fields = (
            "site", "base_url", "model", "instructions", "max_tokens", "tokens_a_day", "timeout_ms", "enabled"
        )  # fmt: skip
        widgets = {"instructions": forms.Textarea(attrs={"rows": 5, "cols": 80})}

    def save(self, commit: bool = True) -> LanguageModel:
        """With the new key, if there is one."""
        if self.cleaned_data.get("new_key"):
            self.instance.key = self.cleaned_data["new_key"]
        row: LanguageModel = super().save(commit)
        return row


@admin.register(LanguageModel)
class LanguageModelAdmin(TaughtAdmin):
    """Models that write answers."""

    empty_hint = _(
        "The bot works without a language model. Add one to have answers written from what the "
        "knowledge base says."
    )
    form = LanguageModelForm
    list_display = ("model", "site_name", "base_url", "tokens_a_day", "enabled", "updated_at")
    list_filter = (SiteFilter,)
    readonly_fields = ("shown_key",)
    fields = (
        "site", "base_url", "model", "shown_key", "new_key", "instructions", "max_tokens", "tokens_a_day",
        "timeout_ms", "enabled",
    )  # fmt: skip

    @admin.display(description=_("key now"))
    def shown_key(self, row: LanguageModel) -> str:
        """Its end."""
        return masked(row.key)
