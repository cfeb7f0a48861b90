"""An import, from the file to drafts: a row at a time, so that a bad one loses nobody else's.

The job is claimed by whoever runs it. Rows are written in transactions of `AT_ONCE` together with the job's
counts: a worker that dies in between has done the rows the job says it did, and the next one goes on behind
them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from knowledge.errors import Refused
from knowledge.importing.extras import card_of, links_of
from knowledge.importing.items import MAX_BYTES, ArticleItem, BadFile, Item, Problem, QuestionItem
from knowledge.importing.likeness import Likeness, contradiction
from knowledge.importing.reading import format_of, read
from knowledge.models import (
    MAX_ANSWER,
    Article,
    Category,
    ImportJob,
    ImportRow,
    ImportRowKind,
    ImportStatus,
    OnDuplicate,
    Question,
    Section,
    Status,
)
from knowledge.ports import Person
from knowledge.publishing.editing import prepare, require, same
from knowledge.text import fold

log = structlog.get_logger(__name__)

AT_ONCE: Final = 50
CLAIM: Final = timedelta(minutes=5)
MAX_TOLD: Final = 2_000  # rows that are spoken of; the counts go on
_COUNTS: Final = ("created", "updated", "skipped", "doubtful", "refused")


def start(
    name: str, data: bytes, person: Person, *, site: UUID | None, language: str, on_duplicate: str
) -> ImportJob:
    """Take a file in; `run` does the rest. Raises `BadFile` for a kind or size that is not taken,
    `NotAllowed`.
    """
    require(person, site)
    format_ = format_of(name)
    if len(data) > MAX_BYTES:
        raise BadFile(_("A file has at most %(limit)d MB.") % {"limit": MAX_BYTES // 2**20})
    if on_duplicate not in OnDuplicate.values:
        raise Refused("unknown choice for duplicates")
    return ImportJob.objects.create(
        name=name[-200:], format=format_, site_id=site, language=language, on_duplicate=on_duplicate,
        kept=data, started_by=person.name,
    )  # fmt: skip


def open_jobs() -> list[UUID]:
    """Jobs nobody is at."""
    dead = Q(status=ImportStatus.RUNNING, claimed_at__lt=timezone.now() - CLAIM)
    jobs = ImportJob.objects.filter(Q(status=ImportStatus.WAITING) | dead)
    return list(jobs.order_by("created_at").values_list("pk", flat=True))


def run(key: UUID) -> bool:
    """Carry a job out; False when somebody else is at it or it is done. Never raises for what a file
    holds.
    """
    now = timezone.now()
    free = Q(status=ImportStatus.WAITING) | Q(status=ImportStatus.RUNNING, claimed_at__lt=now - CLAIM)
    if not ImportJob.objects.filter(free, pk=key).update(status=ImportStatus.RUNNING, claimed_at=now):
        return False
    job = ImportJob.objects.get(pk=key)
    with translation.override(settings.LANGUAGE_CODE):
        try:
            items = read(bytes(job.kept or b""), job.format, job.name)
        except BadFile as error:
            _end(job, ImportStatus.FAILED, str(error))
            return True
        ImportJob.objects.filter(pk=key).update(total=len(items))
        importer = _Importer(job)
        for at in range(job.done, len(items), AT_ONCE):
            importer.take(items[at : at + AT_ONCE])
        _end(job, ImportStatus.DONE, "")
    log.info("knowledge_imported", job=str(key), rows=len(items), format=job.format)
    return True


def _end(job: ImportJob, status: ImportStatus, error: str) -> None:
    ImportJob.objects.filter(pk=job.pk).update(
        status=status, error=error[:300], kept=None, finished_at=timezone.now()
    )


class _Importer:
    """What is known of the questions at the job's site while its rows come in."""

    def __init__(self, job: ImportJob) -> None:
        self._job = job
        self._told = job.rows.count()
        self._categories: dict[str, Category] = {}
        self._by_words: dict[tuple[str, str], UUID] = {}
        self._by_key: dict[str, UUID] = {}
        self._alike = Likeness()
        rows = Question.objects.filter(site_id=job.site_id).exclude(status=Status.ARCHIVED)
        for pk, key, language, text, wordings, answer in rows.values_list(
            "pk", "key", "language", "text", "wordings", "answer"
        ).iterator():
            self._know(pk, key, language, [text, *wordings], answer)

    def take(self, items: list[Item]) -> None:
        """Some rows in one transaction; each in a savepoint of its own."""
        counts = dict.fromkeys(_COUNTS, 0)
        notes: list[ImportRow] = []
        with transaction.atomic():
            for item in items:
                try:
                    with transaction.atomic():
                        done = self._row(item, notes)
                except (ValidationError, ValueError, DatabaseError) as error:
                    done = "refused"
                    notes.append(self._note(item, ImportRowKind.REFUSED, _said(error)))
                for name in done.split():
                    counts[name] += 1
            ImportRow.objects.bulk_create(notes[: max(0, MAX_TOLD - self._told)])
            self._told += len(notes)
            ImportJob.objects.filter(pk=self._job.pk).update(
                done=F("done") + len(items),
                claimed_at=timezone.now(),
                **{name: F(name) + number for name, number in counts.items()},
            )

    def _row(self, item: Item, notes: list[ImportRow]) -> str:
        if isinstance(item, Problem):
            raise ValueError(item.message or _("There is no answer below this heading."))
        if isinstance(item, ArticleItem):
            return self._article(item)
        return self._question(item, notes)

    def _question(self, item: QuestionItem, notes: list[ImportRow]) -> str:
        language = self._job.language if item.language is None else item.language
        folded = fold(item.text)
        if not folded:
            raise ValueError(_("The question is empty."))
        if not item.answer.strip():
            raise ValueError(_("The answer is empty."))
        known = (self._by_key.get(item.key) if item.key else None) or self._by_words.get(
            (language, same(item.text))
        )
        if known is not None:
            return self._known(item, known, language, notes)
        if item.key and Question.objects.filter(site_id=self._job.site_id, key=item.key).exists():
            raise ValueError(_("The key “%(key)s” belongs to an archived question.") % {"key": item.key})
        doubt = self._doubt(item, folded, "")
        row = Question(site_id=self._job.site_id, language=language, key=item.key[:64])
        self._fill(row, item)
        # Past save(): an audit row for each new draft would take a third of the time, and the job says it
        # all.
        Question.objects.bulk_create([row])
        self._know(row.pk, row.key, language, [row.text, *row.wordings], row.answer)
        if doubt is not None:
            notes.append(doubt)
        return "created doubtful" if doubt is not None else "created"

    def _known(self, item: QuestionItem, known: UUID, language: str, notes: list[ImportRow]) -> str:
        row = Question.objects.select_related("category").get(pk=known)
        differs = contradiction(item.answer, row.answer)
        if self._job.on_duplicate == OnDuplicate.SKIP:
            message = _("It is there already.")
            if item.answer.strip() != row.answer.strip():
                message = _("It is there already, with another answer.")
            if differs == "numbers":
                message = _("It is there already, and its answer names other numbers.")
            elif differs == "negation":
                message = _("It is there already, and its answer says the opposite.")
            kind = ImportRowKind.DOUBTFUL if differs else ImportRowKind.DUPLICATE
            notes.append(self._note(item, kind, message, known))
            return "skipped doubtful" if differs else "skipped"
        before = _said_by(row)
        self._fill(row, item)
        if before == _said_by(row):
            return "skipped"
        row.status, row.revision = Status.DRAFT, row.revision + 1
        row.save()
        self._know(row.pk, row.key, language, [row.text, *row.wordings], row.answer)
        return "updated"

    def _doubt(self, item: QuestionItem, folded: str, besides: str) -> ImportRow | None:
        near = self._alike.nearest(folded, besides)
        if near is None:
            return None
        messages: dict[str, Callable[[], str]] = {
            "numbers": lambda: _("A question that is nearly the same is answered with other numbers."),
            "negation": lambda: _("A question that is nearly the same is answered with the opposite."),
        }
        difference = contradiction(item.answer, near.answer)
        if difference is None:
            return None
        return self._note(item, ImportRowKind.DOUBTFUL, messages[difference](), UUID(near.id))

    def _fill(self, row: Question, item: QuestionItem) -> None:
        row.text, row.answer = item.text.strip(), item.answer.strip()
        row.wordings = [*dict.fromkeys([*(row.wordings or []), *item.wordings])]
        row.category = self._category(item.category) if item.category else row.category
        row.valid_from, row.valid_until = _moment(item.valid_from), _moment(item.valid_until)
        # What a file says nothing of stays as it is.
        row.links = links_of(item.links) if item.links else row.links
        row.images = links_of(item.images, "alt") if item.images else row.images
        row.card = card_of(item.card) if item.card else row.card
        row.changed_by = self._job.started_by
        if len(row.answer) > MAX_ANSWER:
            raise ValueError(_("An answer has at most %(count)d characters.") % {"count": MAX_ANSWER})
        prepare(row)
        row.clean_fields(exclude=["searchable", "folded"])
        if row.valid_from and row.valid_until and row.valid_from >= row.valid_until:
            raise ValueError(_("It would end before it begins."))

    def _article(self, item: ArticleItem) -> str:
        language = self._job.language if item.language is None else item.language
        title = item.title.strip()[:150]
        same = Article.objects.filter(site_id=self._job.site_id, language=language, title=title)
        row = same.exclude(status=Status.ARCHIVED).first()
        sections = [
            Section(heading=heading[:150], text=text, position=position)
            for position, (heading, text) in enumerate(item.sections)
        ]
        if row is not None:
            now = [(part.heading, part.text) for part in row.sections.all()]
            if self._job.on_duplicate == OnDuplicate.SKIP or now == [(s.heading, s.text) for s in sections]:
                return "skipped"
            row.revision += 1
        fresh = row is None
        row = row or Article(site_id=self._job.site_id, language=language, title=title)
        row.status, row.changed_by = Status.DRAFT, self._job.started_by
        row.summary, row.source_url = item.summary[:300], item.source_url[:500]
        row.category = self._category(item.category) if item.category else row.category
        row.clean_fields()
        row.save()
        row.sections.all().delete()
        for section in sections:
            section.article = row
            section.clean_fields(exclude=["article"])
        Section.objects.bulk_create(sections)
        return "created" if fresh else "updated"

    def _category(self, name: str) -> Category:
        short = name.strip()[:60]
        if short not in self._categories:
            here = Category.objects.filter(name=short).filter(Q(site_id=self._job.site_id) | Q(site_id=None))
            found = here.order_by(F("site_id").asc(nulls_last=True)).first()
            self._categories[short] = found or Category.objects.create(site_id=self._job.site_id, name=short)
        return self._categories[short]

    def _know(self, pk: UUID, key: str, language: str, texts: list[str], answer: str) -> None:
        if key:
            self._by_key[key] = pk
        for text in texts:
            if self._by_words.setdefault((language, same(text)), pk) == pk:
                self._alike.add(str(pk), fold(text), answer)

    def _note(self, item: Item, kind: ImportRowKind, message: str, other: UUID | None = None) -> ImportRow:
        title = item.text if isinstance(item, QuestionItem) else item.title
        return ImportRow(
            job=self._job, line=item.line, kind=kind, title=title[:300], message=message[:500], other=other
        )


def _said_by(row: Question) -> tuple[Any, ...]:
    """What visitors could notice of it."""
    texts = (row.text, row.answer, row.wordings, row.links, row.images, row.card)
    return (*texts, row.category_id, row.valid_from, row.valid_until)


def _moment(text: str) -> datetime | None:
    if not text.strip():
        return None
    found: Any = parse_datetime(text.strip())
    if found is None:
        day = parse_date(text.strip())
        found = datetime(day.year, day.month, day.day) if day is not None else None
    if found is None:
        raise ValueError(_("“%(text)s” is no date such as 2026-11-20.") % {"text": text[:40]})
    moment: datetime = timezone.make_aware(found) if timezone.is_naive(found) else found
    return moment


def _said(error: Exception) -> str:
    if isinstance(error, ValidationError):
        if hasattr(error, "error_dict"):
            return "; ".join(f"{name}: {' '.join(said)}" for name, said in error.message_dict.items())
        return " ".join(error.messages)
    if isinstance(error, DatabaseError):
        return _("The database refused it: %(error)s") % {"error": type(error).__name__}
    return str(error)
