"""Learning the operator's examples: a model of a new number, active at once or as a canary first."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import Final

import msgspec
import structlog
from django.db import transaction
from django.db.models import Max

from bot import config
from bot.answering import encoding
from bot.intents.learning import LearningFailed, Report, learn
from bot.models import Example, TrainedModel
from knowledge.models import Release
from knowledge.publishing.facts import facts_of
from knowledge.publishing.live import live_index

log = structlog.get_logger(__name__)

KEPT: Final = 10
"""Models that stay for going back; each is a few megabytes."""

_busy: Final = threading.Lock()


def train(by: str = "", *, note: str = "", canary_percent: int = 0) -> TrainedModel:
    """Learn from all examples of enabled intents. With `canary_percent` the model answers that share only.

    Raises `LearningFailed`, also when this process is learning already.
    """
    if not _busy.acquire(blocking=False):
        raise LearningFailed("a model is being learnt already")
    try:
        examples = list(Example.objects.filter(intent__enabled=True).values_list("text", "intent__name"))
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "model.npz"
            report = learn(examples, out, encoder=encoding.folder(), oos=out_of_scope(), synonyms=synonyms())
            row = _keep(out.read_bytes(), report, by, note, canary_percent)
    finally:
        _busy.release()
    log.info("model_learnt", number=row.number, **msgspec.to_builtins(report))
    return row


def activate(row: TrainedModel) -> None:
    """Have this model answer instead of the one that does; so it is everywhere within two seconds."""
    with transaction.atomic():
        TrainedModel.objects.filter(active=True).exclude(pk=row.pk).update(active=False)
        TrainedModel.objects.filter(pk=row.pk).update(active=True, canary_percent=0)
        config.changed()


def synonyms() -> dict[str, list[str]]:
    """What operators added to the lexicon, as of the live release."""
    release = Release.objects.first()
    if release is None:
        return {}
    held = facts_of(release.facts)
    return {f"term:{term}": [term] for term in held.terms} | {
        name: list(told) for name, told in held.synonyms.items()
    }


def out_of_scope() -> list[str]:
    """Sentences that are no intent: the questions that knowledge answers, which look most like intents."""
    index = live_index().index
    return [entry.question for entry in index.entries() if entry.kind == "question"][:2_000]


def _keep(data: bytes, report: Report, by: str, note: str, canary_percent: int) -> TrainedModel:
    with transaction.atomic():
        newest = TrainedModel.objects.aggregate(newest=Max("number"))["newest"] or 0
        row = TrainedModel.objects.create(
            number=newest + 1,
            data=data,
            report=msgspec.to_builtins(report),
            canary_percent=canary_percent,
            note=note,
            created_by=by[:150],
        )
        if not canary_percent:
            activate(row)
            row.active = True
        else:
            config.changed()
        old = TrainedModel.objects.filter(active=False, canary_percent=0).order_by("-number")[KEPT:]
        TrainedModel.objects.filter(pk__in=[each.pk for each in old]).delete()
    return row
