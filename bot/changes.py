"""After a change of what operators teach, by whatever door: every process notices."""

from __future__ import annotations

from django.db import transaction

from bot import config, sites
from bot.llm import writing


def taught() -> None:
    """Call it in the transaction of the change: its number moves with it, and this process reads its sites
    and language models anew once it is there.
    """
    config.changed()
    transaction.on_commit(sites.forget)
    transaction.on_commit(writing.forget)
