"""Words for the codes of levels, verdicts and facts: what the engine writes for machines, as people call it.

A code without a word here is shown as it is: an operator's own slots and intents are named by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bot.models import Outcome

#: The English words are the codes of docs/bot.md; templates of other rooms translate them by this context.
LEVELS: Final[Mapping[str, Any]] = {
    "guard": pgettext_lazy("level of the bot", "guard"),
    "loops": pgettext_lazy("level of the bot", "loops"),
    "rules": pgettext_lazy("level of the bot", "rules"),
    "intent": pgettext_lazy("level of the bot", "intent"),
    "graph": pgettext_lazy("level of the bot", "graph"),
    "retrieval": pgettext_lazy("level of the bot", "retrieval"),
    "model": pgettext_lazy("level of the bot", "model"),
    "honest": pgettext_lazy("level of the bot", "honest"),
    "action": pgettext_lazy("level of the bot", "action"),
    "failure": pgettext_lazy("level of the bot", "failure"),
    "none": pgettext_lazy("level of the bot", "none"),
}
OUTCOMES: Final[Mapping[str, Any]] = {str(value): label for value, label in Outcome.choices}
VERDICTS: Final[Mapping[str, Any]] = {
    "none": _("nothing"), "matched": _("matched"), "answered": _("answered"), "choices": _("a close race"),
    "calm": _("calm"), "angry": _("angry"), "sensitive": _("sensitive word"), "vip": _("important visitor"),
    "miss": _("nothing good enough"), "wordless": _("no words"), "circle": _("the same again and again"),
    "ask": _("asked for something"), "confirm": _("asked for a yes"), "done": _("has all it needs"),
    "cancelled": _("called off"), "faq": _("left to knowledge"), "handover": _("handed to people"),
    "ok": _("in its own words"), "unsourced": _("named no source, so not said"),
    "budget": _("the day's budget is spent"),
    "timeout": _("too late"), "refused": _("refused"), "unreachable": _("could not be reached"),
    "open": _("paused after failures"), "invalid": _("not to be understood"),
}  # fmt: skip
REASONS: Final[Mapping[str, Any]] = {
    "refused": _("the visitor did not want to go on"), "asked": _("the visitor asked for a person"),
    "misses": _("the bot had no answer, repeatedly"), "anger": _("the visitor is angry"),
    "sensitive": _("a sensitive word was used"), "vip": _("an important visitor"),
    "rule": _("a rule says so"), "intent": _("people do this"), "failure": _("the bot failed"),
    "loop": _("the talk went round in circles"),
}  # fmt: skip
TASKS: Final[Mapping[str, Any]] = {
    "intent": _("tell the intent"), "entities": _("find entities"), "sentiment": _("tell the mood"),
    "similarity": _("compare texts"), "embed": _("vectors of texts"), "keywords": _("find keywords"),
}  # fmt: skip
#: What an answer's score is made of, details of the levels, and what a dialog's state holds.
FACTS: Final[Mapping[str, Any]] = {
    "words": _("words"), "characters": _("characters"), "sounds": _("sound"), "concepts": _("concepts"),
    "question": _("kind of question"), "meaning": _("meaning"), "answer": _("words of the answer"),
    "order": _("order of words"),
    "threshold": _("needed"), "hits": _("found"), "score": _("score"), "confidence": _("certainty"),
    "matched": _("matched"), "title": _("title"), "anger": _("anger"), "priority": _("priority"),
    "category": _("category"), "rule": _("rule"), "misses": _("turns without an answer"),
    "turns": _("turns"), "entities": _("entities"), "predicted": _("learnt model says"),
    "in_scope": _("in scope"), "margin": _("ahead by"), "ranking": _("best intents"), "why": _("why"),
    "intent": _("intent"), "slots": _("slots"), "pending": _("asked for"), "asked": _("times asked"),
    "confirming": _("waits for a yes"), "refused": _("not to be had"), "suspended": _("set aside"),
    "last_intent": _("intent before"), "last_slots": _("slots before"), "last_topic": _("last answers"),
    "last_query": _("last question"), "query": _("searched for"), "parts": _("made of"),
    "type": _("kind"), "value": _("written"), "normalized": _("read as"),
    "order_id": _("order number"), "tracking_no": _("tracking number"), "phone": _("phone"),
    "email": _("e-mail"), "address": _("address"), "date": _("date"), "time": _("time"),
    "money": _("amount"), "id_card": _("ID number"), "url": _("link"), "reason": _("reason"),
}  # fmt: skip


def named(words: Mapping[str, Any], code: object) -> str:
    """The word for a code in the language of the request; the code itself where there is none."""
    return str(words.get(str(code), code))
