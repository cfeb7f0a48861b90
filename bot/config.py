"""The version of all that operators teach the bot: every process compares one number and reads anew when it
has moved.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from bot.models import ConfigVersion

_ONLY = 1


def changed() -> None:
    """Rules, intents, entities, risk words or models are other than before. Call it in the same transaction
    as the change; the number moves with it.
    """
    with transaction.atomic():
        if not ConfigVersion.objects.filter(pk=_ONLY).update(number=F("number") + 1):
            ConfigVersion.objects.get_or_create(pk=_ONLY, defaults={"number": 1})


def version() -> int:
    """The number now; one small query."""
    return ConfigVersion.objects.filter(pk=_ONLY).values_list("number", flat=True).first() or 0
