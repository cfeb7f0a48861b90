"""An intent's examples as a whole: what is not in the new list goes, what is new comes."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from bot.engine import language_of
from bot.learning.checks import cleaned_examples
from bot.models import Example, Intent


@transaction.atomic
def put_examples(intent: Intent, texts: Iterable[str]) -> bool:
    """Have these sentences as the intent's examples; whether anything changed. Raises `ValidationError`."""
    wanted = cleaned_examples(texts)
    known = set(intent.examples.values_list("text", flat=True))
    gone = known - set(wanted)
    for part in _parts(sorted(gone)):
        intent.examples.filter(text__in=part).delete()
    locale = intent.site.locale if intent.site is not None else "zh"
    new = [text for text in wanted if text not in known]
    Example.objects.bulk_create(
        [Example(intent=intent, text=text, language=language_of(text, locale)) for text in new],
        batch_size=500,
        ignore_conflicts=True,
    )
    return bool(gone or new)


def _parts(texts: list[str]) -> Iterable[list[str]]:
    """So many at once as one statement of SQLite takes parameters."""
    for start in range(0, len(texts), 500):
        yield texts[start : start + 500]
