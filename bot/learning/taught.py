"""What somebody teaches from a conversation: this question is answered by that one, or by these words.

It waits for review: nothing a visitor gets changes before somebody publishes. Personal data in the visitor's
words is masked: what is taught is exported, searched and shown to others.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec
from django.core.exceptions import ValidationError
from django.db import transaction

from bot.engine import language_of
from bot.safety.privacy import mask
from chat import sites
from chat.conversation import Participant, require_read
from chat.errors import KefuError
from chat.posting import current_state
from knowledge.errors import NotAllowed
from knowledge.models import Question, Status
from knowledge.ports import Person
from knowledge.publishing import editing

LONGEST: Final = 300
"""Characters of a question; a masked one may be longer than it was."""


class Taught(msgspec.Struct, frozen=True):
    """`id`: of the question; `made`: wording (one more way to ask it), known (it was asked so already) or
    question (a new one); `status`: of the row now.
    """

    id: str
    made: str
    text: str
    status: str


def teach_wording(conversation: str, who: Participant, question: str, existing: UUID) -> Taught:
    """Add a way to ask a question there is. It goes to review unless somebody is still writing in it.

    Raises `not_found` for a conversation or a question that `who` does not see, `forbidden` for a question
    of every site, `invalid` when it has too many wordings.
    """
    site, person = _teacher(conversation, who)
    question = mask(question)[:LONGEST]
    with transaction.atomic():
        row = Question.objects.select_for_update().filter(pk=existing).first()
        if row is None or (row.site_id is not None and str(row.site_id) != site):
            raise KefuError("not_found", "no such question")
        if row.status == Status.ARCHIVED:
            raise KefuError("conflict", "this question was put away")
        same = editing.same(question)
        if same in {editing.same(text) for text in (row.text, *row.wordings)}:
            return Taught(str(row.pk), "known", row.text, row.status)
        was_draft = row.status == Status.DRAFT
        row.wordings = [*row.wordings, question]
        try:
            editing.save_question(row, person)
        except NotAllowed as refusal:
            raise KefuError("forbidden", refusal.message) from None
        except ValidationError as error:
            raise KefuError("invalid", " ".join(error.messages)) from None
        if not was_draft:
            editing.submit(row, person)
    return Taught(str(row.pk), "wording", row.text, row.status)


def teach_answer(conversation: str, who: Participant, question: str, answer: str) -> Taught:
    """Make a question of the conversation's site with its answer, for review; the same question once.

    Raises `not_found` for a conversation that `who` does not see, `conflict` naming the question when the
    site has one that is asked so.
    """
    site, person = _teacher(conversation, who)
    question = mask(question)[:LONGEST]
    with transaction.atomic():
        language = language_of(question, sites.by_id(site).locale)
        made = Question(text=question, answer=answer, site_id=UUID(site), language=language)
        row = editing.prepare(made)
        twin = Question.objects.filter(site_id=UUID(site), folded=row.folded).first()
        if twin is not None:
            raise KefuError(
                "conflict", "there is such a question already",
                details={"question": {"id": str(twin.pk), "text": twin.text, "status": twin.status}},
            )  # fmt: skip
        editing.save_question(row, person)
        editing.submit(row, person)
    return Taught(str(row.pk), "question", row.text, row.status)


def _teacher(conversation: str, who: Participant) -> tuple[str, Person]:
    """The conversation's site, and `who` as somebody who proposes: agents know what visitors ask, and what
    they teach is published by those who may.
    """
    state = current_state(conversation)
    require_read(state, who)
    if who.kind != "agent":
        raise KefuError("forbidden", "only agents may do this")
    return state.site, Person(who.name or "", who.sites, True)
