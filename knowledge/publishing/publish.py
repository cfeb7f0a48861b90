"""Making a release: new versions of what was chosen, golden questions, the index, and one transaction that
makes all of it live.

The index is built before the transaction, so nobody waits on it; the release's number is unique, so of two
that publish at once one is told to look again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
import structlog
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from knowledge import ports
from knowledge.errors import GoldenFailed, NotAllowed, Overtaken, Refused
from knowledge.models import (
    Article,
    ArticleVersion,
    GoldenQuestion,
    Question,
    QuestionVersion,
    Release,
    Status,
    new_uuid,
)
from knowledge.ports import Person
from knowledge.publishing import building, content, facts, golden, live, rows, store
from knowledge.publishing.pending import Change, keys
from knowledge.search.entry import Entry
from knowledge.slugs import free_slug

log = structlog.get_logger(__name__)

KEPT_CONTENTS: Final = 50  # releases one may go back to; older ones keep their notes and results

_Item = TypeVar("_Item")


class _Fresh(msgspec.Struct):
    """A version to be written, and the row it is made of as it was read; `version` None: nothing new."""

    row: Any
    version: Any
    revision: int


def publish(
    changes: Sequence[Change], person: Person, *, notes: str = "", override_reason: str = ""
) -> Release:
    """Make these changes live, with the facts of the moment.

    Raises `NotAllowed`; `GoldenFailed` when golden questions got worse and no reason is given; `Overtaken`
    when somebody published meanwhile.
    """
    if not person.may_write:
        raise NotAllowed(_("only supervisors and administrators may publish"))
    last = Release.objects.first()
    held = facts.current()
    questions, articles = _chosen(Question, changes, person), _chosen(Article, changes, person)
    known = facts.facts_of(last.facts if last is not None else {})
    if not questions and not articles and known == held:
        raise Refused(_("nothing to publish"))
    contents = {
        "questions": _next(last, "questions", questions),
        "articles": _next(last, "articles", articles),
    }
    fresh = [one for one in (*questions, *articles) if one.version is not None]
    release = Release(
        number=(last.number if last else 0) + 1, published_by=person.name, notes=notes[:500],
        override_reason=override_reason.strip()[:500], contents=contents, facts=facts.plain(held),
        changes=msgspec.to_builtins(list(changes)),
    )  # fmt: skip
    made = _build(release, [*_kept(contents, fresh), *_new(fresh)], held)
    _ask_golden(release, made, person)
    _commit(release, made, (*questions, *articles))
    return release


def roll_back(number: int, person: Person, *, override_reason: str = "") -> Release:
    """Make an earlier release live again, as a release of its own. Rows keep what is being written in them.

    Raises `NotAllowed` for people of some sites only, `Refused` when it is too old, else as `publish`.
    """
    if not person.may_write or person.sites is not None:
        raise NotAllowed(_("a release holds every site: only for those who serve every site"))
    last = Release.objects.first()
    old = Release.objects.filter(number=number).first()
    if last is None or old is None or number >= last.number:
        raise Refused(_("there is no such earlier release"))
    if not old.contents:
        raise Refused(_("this release is too old to go back to"))
    release = Release(
        number=last.number + 1, published_by=person.name, rolled_back_to=number, contents=old.contents,
        facts=old.facts, override_reason=override_reason.strip()[:500],
    )  # fmt: skip
    held = facts.facts_of(old.facts)
    made = _build(release, building.entries_of(old.contents), held)
    _ask_golden(release, made, person)
    _commit(release, made, ())
    return release


def _build(release: Release, entries: Iterable[Entry], held: facts.Facts) -> building.Live:
    """The index of the release; with the same words known, only new texts are analysed."""
    before = live.live_index()
    return building.build(release.number, entries, held, facts.lexicon_of(held), before.index)


def _chosen(model: type[Any], changes: Sequence[Change], person: Person) -> list[_Fresh]:
    kind: Any = "question" if model is Question else "article"
    fresh = []
    taken = set(model.objects.exclude(slug="").values_list("slug", flat=True))
    for part in _parts(keys(changes, kind)):
        found = model.objects.filter(pk__in=part).select_related("category", "live")
        for row in found.prefetch_related("sections") if model is Article else found:
            if not person.may_change(row.site_id):
                raise NotAllowed(_("only for sites of your own"))
            if not row.slug:
                row.slug = free_slug(str(row), taken)
                taken.add(row.slug)
            version = _version(row, person) if row.status != Status.ARCHIVED else None
            fresh.append(_Fresh(row, version, row.revision))
    return fresh


def _version(row: Question | Article, person: Person) -> QuestionVersion | ArticleVersion:
    """The next version; the live one again when the text is the same."""
    if isinstance(row, Question):
        if not row.answer.strip() and row.card is None:
            raise Refused(_("“%(title)s” has no answer yet.") % {"title": row.text})
        value = content.plain(rows.question_content(row))
        if row.live is not None and row.live.content == value:
            return row.live
        return QuestionVersion(
            id=new_uuid(), question=row, number=row.version + 1, content=value, author=person.name
        )
    sections = list(row.sections.all())
    if not sections:
        raise Refused(_("“%(title)s” has no text yet.") % {"title": row.title})
    value = content.plain(rows.article_content(row, sections))
    if row.live is not None and row.live.content == value:
        return row.live
    return ArticleVersion(
        id=new_uuid(), article=row, number=row.version + 1, content=value, author=person.name
    )


def _next(last: Release | None, name: str, chosen: Sequence[_Fresh]) -> list[str]:
    """Ids of the versions that will be live."""
    before = set(last.contents.get(name, ())) if last is not None else set()
    before -= {str(one.row.live_id) for one in chosen}
    return sorted(before | {str(one.version.pk) for one in chosen if one.version is not None})


def _kept(contents: dict[str, list[str]], fresh: Sequence[_Fresh]) -> Any:
    """Entries of versions that are in the database already."""
    new = {str(one.version.pk) for one in fresh}
    return building.entries_of(
        {name: [key for key in ids if key not in new] for name, ids in contents.items()}
    )


def _new(fresh: Sequence[_Fresh]) -> Any:
    for one in fresh:
        key = str(one.row.pk)
        if isinstance(one.row, Question):
            yield from content.question_entries(key, content.question_of(one.version.content))
        else:
            yield from content.article_entries(key, content.article_of(one.version.content))


def _ask_golden(release: Release, made: building.Live, person: Person) -> None:
    """Fill in the results; raise `GoldenFailed` when some got worse and nobody gave a reason."""
    asked = [
        golden.Asked(
            str(row.pk), row.query, str(row.expected_id) if row.expected_id else None,
            str(row.site_id) if row.site_id else None, row.language, row.to_people,
            row.expected.text if row.expected is not None else "",
        )
        for row in GoldenQuestion.objects.select_related("expected")
    ]  # fmt: skip
    if not asked:
        return
    runner = ports.golden_runner() or golden.run
    now_ms = time.time_ns() // 1_000_000
    new = runner(asked, golden.Candidate(made.index, made.lexicon, made.graph, now_ms))
    old = None
    if release.number > 1:
        before = live.live_index()
        old = runner(asked, golden.Candidate(before.index, before.lexicon, before.graph, now_ms))
    results = golden.compare(new, old)
    release.golden = golden.as_json(results)
    worse = golden.regressions(results)
    if worse and not release.override_reason:
        message = _("%(count)d golden questions got worse") % {"count": len(worse)}
        raise GoldenFailed(message, {"golden": golden.as_json(worse)})


def _commit(release: Release, made: building.Live, chosen: Sequence[_Fresh]) -> None:
    bundle = building.bundle_of(made)
    try:
        with transaction.atomic():
            release.save(force_insert=True)
            fresh = [one.version for one in chosen if one.version is not None and one.version._state.adding]
            QuestionVersion.objects.bulk_create(v for v in fresh if isinstance(v, QuestionVersion))
            ArticleVersion.objects.bulk_create(v for v in fresh if isinstance(v, ArticleVersion))
            for model in (Question, Article):
                for part in _parts([one for one in chosen if isinstance(one.row, model)]):
                    _point(model, part)
            if release.rolled_back_to:
                _point_back(release.contents)
            Release.objects.filter(number__lte=release.number - KEPT_CONTENTS).update(contents={})
            store.keep(release, bundle)
            transaction.on_commit(lambda: live.install(made))
    except IntegrityError:
        raise Overtaken(_("somebody published at the same moment; look again")) from None
    log.info(
        "knowledge_published",
        release=release.number,
        changes=len(chosen),
        override=bool(release.override_reason),
    )


def _point(model: type[Any], chosen: Sequence[_Fresh]) -> None:
    """The rows' live versions; a text counts as published unless it was changed meanwhile."""
    rows_ = model.objects.filter(pk__in=[one.row.pk for one in chosen])
    rows_.filter(pk__in=[one.row.pk for one in chosen if one.version is None]).update(live=None)
    versions = (QuestionVersion if model is Question else ArticleVersion).objects
    owner = "question" if model is Question else "article"
    newest = versions.filter(**{owner: OuterRef("pk")}).order_by("-number")
    added = [one.row.pk for one in chosen if one.version is not None and one.version.pk != one.row.live_id]
    rows_.filter(pk__in=added).update(
        live=Subquery(newest.values("pk")[:1]), version=Subquery(newest.values("number")[:1])
    )
    model.objects.bulk_update([one.row for one in chosen if one.row.version == 0], ["slug"])
    read = {one.row.pk: one.revision for one in chosen if one.version is not None}
    same = [pk for pk, revision in rows_.values_list("pk", "revision") if read.get(pk) == revision]
    rows_.filter(pk__in=same).update(status=Status.PUBLISHED)


def _point_back(contents: dict[str, list[str]]) -> None:
    """After going back: live versions are those of the release; a text that differs from it is a draft."""
    _back(Question, {v.question_id: v for v in building.versions(QuestionVersion, contents["questions"])})
    _back(Article, {v.article_id: v for v in building.versions(ArticleVersion, contents["articles"])})


def _back(model: type[Any], wanted: dict[UUID, Any]) -> None:
    moved = []
    for row in model.objects.only("pk", "live_id", "status"):
        target = wanted.get(row.pk)
        if row.live_id != (target.pk if target else None):
            row.live = target
            if row.status == Status.PUBLISHED:
                row.status = Status.DRAFT
            moved.append(row)
    model.objects.bulk_update(moved, ["live", "status"], batch_size=building.AT_ONCE)


def _parts(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    """So many at once as one query takes."""
    for start in range(0, len(items), building.AT_ONCE):
        yield items[start : start + building.AT_ONCE]
