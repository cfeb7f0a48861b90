"""The playground: somebody writes, the engine answers, and every step is on the page. The talk's state stays
in the session of the login, so a dialog goes on over turns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from bot.admin.fields import PairField
from bot.answering.bundle import bundle_now
from bot.dialog.state import DialogState
from bot.learning.draft import draft_bundle
from bot.learning.trial import Question, Seen, attempt
from bot.models import Intent
from bot.strategies.base import Said
from chat import sites
from knowledge.admin.scope import site_choices, writer
from knowledge.help.rendering import html_of

KEY: Final = "bot_playground"
TURNS: Final = 10
EXPLAINED: Final = 4
"""Turns whose steps are kept: a few kilobytes each, in a row of the sessions' table."""
MAX_TEXT: Final = 2_000
SHOWN: Final = 300
"""Characters of a passage that are shown; the model gets 1,200."""


class PlaygroundForm(forms.Form):
    """Who writes from where, and what."""

    site = forms.ChoiceField(label=_("site"))
    text = forms.CharField(
        label=_("message"), max_length=MAX_TEXT, required=False,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60, "autofocus": True}),
    )  # fmt: skip
    locale = forms.ChoiceField(
        label=_("language where the words do not tell"), required=False,
        choices=(("", _("the site's")), ("zh-CN", _("Chinese")), ("en", _("English"))),
    )  # fmt: skip
    page = forms.CharField(
        label=_("page"), max_length=500, required=False, widget=forms.TextInput(attrs={"size": 50})
    )
    attributes = PairField(
        label=_("visitor's attributes"), required=False, help_text=_("One a line: name = value")
    )
    priority = forms.IntegerField(label=_("visitor's priority"), min_value=0, max_value=10, required=False)
    draft = forms.BooleanField(label=_("use draft knowledge"), required=False)
    really_call = forms.BooleanField(label=_("really call endpoints"), required=False)
    ask_model = forms.BooleanField(
        label=_("ask the language model"), required=False, help_text=_("It costs tokens of the day's budget.")
    )

    def __init__(self, choices: list[tuple[str, Any]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].choices = choices  # type: ignore[attr-defined]


class _Talk(msgspec.Struct):
    """What the session holds."""

    site: str = ""
    given: dict[str, Any] = {}
    state: DialogState = DialogState()
    turns: list[dict[str, Any]] = []


def playground(request: HttpRequest) -> HttpResponse:
    """The talk so far and its steps; by POST, one more message, or a new talk."""
    who = writer(request)
    choices = [(site, name) for site, name in site_choices(who) if site]
    talk = _talk(request)
    if request.method == "POST" and "reset" in request.POST:
        request.session[KEY] = msgspec.to_builtins(_Talk(site=talk.site, given=talk.given))
        return HttpResponseRedirect(reverse("bot:playground"))
    initial = {**talk.given, "site": talk.site, "text": ""}
    form = PlaygroundForm(choices, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and form.cleaned_data["text"].strip():
        request.session[KEY] = msgspec.to_builtins(_after(talk, form.cleaned_data))
        return HttpResponseRedirect(reverse("bot:playground"))
    titles = _titles()
    context = {
        **admin.site.each_context(request), "title": _("Playground"), "form": form,
        "turns": [_shown(turn, titles) for turn in talk.turns],
        "newest": talk.turns[-1] if talk.turns else None,
    }  # fmt: skip
    return TemplateResponse(request, "admin/bot/playground.html", context)


def _titles() -> dict[str, str]:
    """Intents by name, as the language of the page calls them."""
    english = (get_language() or "").startswith("en")
    rows = Intent.objects.values_list("name", "title", "title_en")
    return {name: (title_en or title) if english else title for name, title, title_en in rows}


def _shown(turn: dict[str, Any], titles: Mapping[str, str]) -> dict[str, Any]:
    """A turn for the page: its answer as HTML, and intents by their titles."""
    seen = turn["seen"] or {}
    return {
        **turn, "html": html_of(turn["answer"]),
        "intent_title": titles.get(turn["intent"], turn["intent"]),
        "ranking": [(titles.get(name, name), share) for name, share in seen.get("ranking", ())],
    }  # fmt: skip


def _after(talk: _Talk, given: dict[str, Any]) -> _Talk:
    """The talk one turn further. Another site begins another talk."""
    site = given["site"]
    if site != talk.site:
        talk = _Talk(site=site)
    asked = Question(
        site=site,
        text=given["text"],
        state=talk.state,
        history=_history(talk.turns),
        locale=given["locale"],
        page={"url": given["page"]} if given["page"] else {},
        attributes=given["attributes"],
        priority=given["priority"] or 0,
        really_call=given["really_call"],
        ask_model=given["ask_model"],
    )
    bundle = draft_bundle() if given["draft"] else bundle_now()
    seen = attempt(asked, bundle)
    turns = [*talk.turns, _turn(given["text"], seen)][-TURNS:]
    for turn in turns[:-EXPLAINED]:
        turn["seen"] = None
    kept = {name: value for name, value in given.items() if name not in ("site", "text")}
    return _Talk(site, kept, seen.outcome.state, turns)


def _turn(text: str, seen: Seen) -> dict[str, Any]:
    outcome, answer = seen.outcome, seen.outcome.answer
    return {
        "text": text,
        "answer": answer.text,
        "outcome": answer.outcome,
        "level": answer.level,
        "confidence": round(answer.confidence, 3),
        "took_us": outcome.took_us,
        "language": outcome.language,
        "intent": outcome.intent,
        "sources": [msgspec.to_builtins(source) for source in answer.sources],
        "choices": [choice.text for choice in answer.choices],
        "reason": answer.handover.reason if answer.handover else "",
        "brief": str(outcome.brief.get("summary", "")),
        "called": seen.called,
        "slots": dict(answer.action.slots) if answer.action else {},
        "seen": {
            "entities": seen.entities,
            "ranking": seen.ranking,
            "in_scope": seen.in_scope,
            "hits": seen.hits,
            "steps": seen.steps,
            "before": seen.before,
            "after": seen.after,
            "writing": _writing(seen),
        },
    }


def _writing(seen: Seen) -> dict[str, Any] | None:
    """What the language model was given and wrote."""
    written = seen.writing
    if written is None:
        return None
    passages = [{"title": each.source.title, "text": each.text[:SHOWN]} for each in seen.outcome.passages]
    return {
        "model": written.model, "outcome": written.outcome, "text": written.text[:MAX_TEXT],
        "tokens": written.tokens, "took_ms": written.took_ms, "passages": passages,
    }  # fmt: skip


def _history(turns: list[dict[str, Any]]) -> tuple[Said, ...]:
    said = []
    for turn in turns[-5:]:
        said += [Said("visitor", turn["text"]), Said("bot", turn["answer"])]
    return tuple(said)


def _talk(request: HttpRequest) -> _Talk:
    """The session's talk; a new one where there is none that can be read, or its site is gone."""
    try:
        talk = msgspec.convert(request.session.get(KEY) or {}, _Talk)
    except msgspec.ValidationError:
        return _Talk()
    return talk if not talk.site or talk.site in sites.all_ids() else _Talk()
