"""Changing a text: who may, what is kept with it, and that it becomes a draft again."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from knowledge.errors import NotAllowed
from knowledge.models import MAX_WORDINGS, Article, Question, Section, Status
from knowledge.ports import Person
from knowledge.publishing import rows
from knowledge.publishing.content import article_of, question_of
from knowledge.text import fold


def require(person: Person, site: object) -> None:
    """Raise `NotAllowed` unless this person may change what is shown at the site (None: at every site)."""
    if not person.may_write:
        raise NotAllowed(_("only supervisors and administrators may change the knowledge base"))
    if not person.serves(site):
        raise NotAllowed(_("only for sites of your own"))


def prepare(row: Question) -> Question:
    """Fill in what is derived from the wordings."""
    row.answer = row.answer.replace("\r\n", "\n")  # as browsers send it
    row.wordings = cleaned(row.text, row.wordings)
    row.folded = fold(row.text)[:600]
    row.searchable = "\n".join(fold(text) for text in (row.text, *row.wordings))
    return row


def same(text: str) -> str:
    """What two wordings have in common that are one: folded, without punctuation and spaces."""
    folded = fold(text)
    return "".join(character for character in folded if character.isalnum()) or folded


def cleaned(text: str, wordings: Iterable[str]) -> list[str]:
    """Wordings without empty ones, repeats and the question itself. Raises `ValidationError` for too many."""
    seen = {same(text)}
    kept = []
    for wording in wordings:
        compared = same(wording)
        if compared and compared not in seen:
            seen.add(compared)
            kept.append(wording.strip()[:300])
    if len(kept) > MAX_WORDINGS:
        raise ValidationError(_("At most %(count)d other wordings.") % {"count": MAX_WORDINGS})
    return kept


def save_question(row: Question, person: Person) -> Question:
    """Save a question that was changed: it is a draft, and one revision further. Raises `NotAllowed`."""
    require(person, row.site_id)
    prepare(row)
    _changed(row, person)
    row.save()
    return row


def save_article(row: Article, person: Person) -> Article:
    """Save an article that was changed (its sections are saved by the caller). Raises `NotAllowed`."""
    require(person, row.site_id)
    _changed(row, person)
    row.save()
    return row


def delete(row: Question | Article, person: Person) -> None:
    """Delete what was never live or is live no more. Raises `NotAllowed`."""
    require(person, row.site_id)
    if type(row)._default_manager.filter(pk=row.pk, live__isnull=False).exists():
        raise NotAllowed(_("it is live: archive it and publish first"))
    row.delete()


def submit(row: Question | Article, person: Person) -> None:
    """A draft goes to review."""
    _move(row, person, Status.REVIEW)


def withdraw(row: Question | Article, person: Person) -> None:
    """Back from review, or from the archive: a draft."""
    _move(row, person, Status.DRAFT)


def archive(row: Question | Article, person: Person) -> None:
    """Put away: the next release is without it."""
    _move(row, person, Status.ARCHIVED)


def roll_back(row: Question | Article, number: int, person: Person) -> None:
    """Make the text what version `number` says: a draft, live with the next release. Raises `NotAllowed`;
    `DoesNotExist` when there is no such version.
    """
    require(person, row.site_id)
    if isinstance(row, Question):
        content = question_of(row.versions.get(number=number).content)
        require(person, content.site)
        rows.put_question(row, content)
        save_question(row, person)
        return
    article = article_of(row.versions.get(number=number).content)
    require(person, article.site)
    with transaction.atomic():
        sections = rows.put_article(row, article)
        save_article(row, person)
        row.sections.all().delete()
        Section.objects.bulk_create(sections)


def _changed(row: Question | Article, person: Person) -> None:
    row.status = Status.DRAFT
    row.changed_by = person.name
    if not row._state.adding:
        row.revision += 1


def _move(row: Question | Article, person: Person, status: Status) -> None:
    require(person, row.site_id)
    row.status = status
    row.changed_by = person.name
    row.save(update_fields=["status", "changed_by", "updated_at"])
