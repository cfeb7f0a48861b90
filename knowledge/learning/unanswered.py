"""What was asked in vain: noted and counted, clustered, and made into drafts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from knowledge.errors import Refused
from knowledge.learning.adding import add
from knowledge.learning.clustering import Asked, clusters
from knowledge.models import Question, Unanswered, UnansweredStatus, new_uuid
from knowledge.ports import Person
from knowledge.publishing.editing import require, save_question
from knowledge.publishing.live import live_index
from knowledge.text import fold

MAX_QUERY: Final = 300  # characters; more is a story, not a question
KEPT_DAYS: Final = 90
AT_ONCE: Final = 5_000  # clustered together; the rest waits until some are dealt with


def note(asked: Iterable[tuple[str, str, str]]) -> None:
    """Count questions that found no answer: (query, site, language). Personal data must be masked by the
    caller already. Raises `django.db.DatabaseError`.
    """
    times: Counter[tuple[str, str, str]] = Counter()
    words: dict[tuple[str, str, str], str] = {}
    for query, site, language in asked:
        kept = query.replace("\x00", "").strip()[:MAX_QUERY]
        folded = fold(kept)[:MAX_QUERY]
        if any(character.isalnum() for character in folded):
            times[site, language, folded] += 1
            words.setdefault((site, language, folded), kept)
    now = timezone.now()
    rows = [
        {
            "id": new_uuid(), "site_id": UUID(key[0]), "language": key[1], "folded": key[2],
            "query": words[key], "count": count, "status": UnansweredStatus.OPEN,
            "created_at": now, "last_at": now,
        }
        for key, count in times.items()
    ]  # fmt: skip
    add(Unanswered, rows, unique=("site_id", "language", "folded"), counters=("count",), latest=("last_at",))


def recluster() -> int:
    """Put open questions of one site and language that mean one thing together; how many clusters."""
    concepts_of = live_index().lexicon.concepts
    rows = list(
        Unanswered.objects.filter(status=UnansweredStatus.OPEN).order_by("-count", "-last_at")[:AT_ONCE]
    )
    places: dict[tuple[UUID, str], list[Unanswered]] = {}
    for row in rows:
        places.setdefault((row.site_id, row.language), []).append(row)
    found = 0
    moved = []
    for group in places.values():
        by_id = {str(row.pk): row for row in group}
        for cluster in clusters([Asked(str(r.pk), r.folded, r.count) for r in group], concepts_of):
            found += 1
            leader = UUID(cluster.ids[0])
            for key in cluster.ids:
                if by_id[key].cluster != leader:
                    by_id[key].cluster = leader
                    moved.append(by_id[key])
    Unanswered.objects.bulk_update(moved, ["cluster"], batch_size=500)
    return found


def draft(rows: Sequence[Unanswered], person: Person) -> Question:
    """A draft of a question with these wordings, the most asked first; its answer is left to the operator.

    Raises `NotAllowed`, `Refused` for questions of several sites.
    """
    if not rows:
        raise Refused(_("choose at least one question"))
    places = {(row.site_id, row.language) for row in rows}
    if len(places) > 1:
        raise Refused(_("a draft holds questions of one site and language"))
    for row in rows:
        require(person, row.site_id)
    ordered = sorted(rows, key=lambda row: -row.count)
    first = ordered[0]
    with transaction.atomic():
        question = Question(
            site_id=first.site_id, language=first.language, text=first.query,
            wordings=[row.query for row in ordered[1:40]], answer="",
        )  # fmt: skip
        save_question(question, person)
        Unanswered.objects.filter(pk__in=[row.pk for row in rows]).update(
            status=UnansweredStatus.DRAFTED, draft=question
        )
    return question


def prune() -> int:
    """Forget what nobody asked for three months; how many."""
    since = timezone.now() - timedelta(days=KEPT_DAYS)
    dropped, _by = Unanswered.objects.filter(last_at__lt=since).delete()
    return dropped
