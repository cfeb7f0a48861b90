"""Whether the journal still is the one this database belongs to.

An emptied journal would number conversations from the database's heads, and entries that were acknowledged
but not yet persisted would lose their numbers to others. So journal and database carry the same random name.
"""

from __future__ import annotations

import secrets

from django.db import transaction

from chat.journal import journal
from chat.journal.base import JournalEmptied
from chat.models import JournalEpoch

_ADOPT = "If this is meant, run: manage.py adopt_journal"


def check_epoch() -> str:
    """Compare the two names; a new pair is given one. Returns it.

    Raises JournalEmptied (its text is for an operator), JournalUnavailable, or a database error. Safe to run
    in several processes that start at once: whoever comes second waits for the first one's row.
    """
    opened = journal()
    with transaction.atomic():
        row, created = JournalEpoch.objects.get_or_create(pk=1, defaults={"epoch": secrets.token_hex(16)})
        found = opened.epoch()
        if found == row.epoch:
            return found
        if not created:
            state = "is empty or new" if found is None else "belongs to another database"
            raise JournalEmptied(
                f"The journal {state}: entries that were acknowledged may be missing from it. "
                f"Restore it, or point the settings to the right one. {_ADOPT}"
            )
        if found is None:
            opened.set_epoch(row.epoch)
        elif next(opened.each_head(), None) is None:
            # A start that ended between the two writes left a named journal without a conversation.
            row.epoch = found
            row.save()
        else:
            raise JournalEmptied(
                "The database is new, but the journal holds conversations of another one. "
                f"Point the settings to the right database or to an empty journal. {_ADOPT}"
            )
        return row.epoch


def adopt() -> str:
    """Give journal and database a new common name, whatever they had; returns it."""
    epoch = secrets.token_hex(16)
    with transaction.atomic():
        JournalEpoch.objects.update_or_create(pk=1, defaults={"epoch": epoch})
        journal().set_epoch(epoch)
    return epoch
