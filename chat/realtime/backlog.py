"""What a client missed: read from the journal while it still holds it, else from history, masked for
everyone.
"""

from __future__ import annotations

from typing import Final

from django.db import Error as DatabaseError

from chat import posting
from chat.blocking import in_thread
from chat.delivery.frames import Delivery
from chat.errors import KefuError
from chat.journal import reader
from chat.journal.base import JournalUnavailable

#: More than this is read as history instead of being pushed (wire contract, section 3).
RESYNC_OVER: Final = 500


async def missed_entries(conversation: str, after_seq: int) -> tuple[list[Delivery], int]:
    """Entries above `after_seq` (none when more than `RESYNC_OVER`) and the head. Raises `KefuError`."""
    known = await posting.look(conversation)
    head = known.head
    count = head - after_seq
    if count <= 0 or count > RESYNC_OVER:
        return [], head
    try:
        rows = await reader().read_after(conversation, after_seq, RESYNC_OVER)
    except JournalUnavailable:
        raise KefuError("journal_unavailable", "try again", retry_after_s=1) from None
    contiguous = bool(rows) and rows[0][0] == after_seq + 1
    if contiguous and not known.state.recalled:
        return [Delivery(conversation, seq, body) for seq, body in rows], max(head, rows[-1][0])
    try:
        return await in_thread(_from_history, conversation, after_seq), head
    except JournalUnavailable:
        raise KefuError("journal_unavailable", "try again", retry_after_s=1) from None
    except DatabaseError:
        raise KefuError("database_unavailable", "try again", retry_after_s=1) from None


def _from_history(conversation: str, after_seq: int) -> list[Delivery]:
    from chat.conversation import SYSTEM
    from chat.history import history

    # The system sees notes; whether this reader does is decided where the frame is made.
    entries = history(conversation, viewer=SYSTEM, after_seq=after_seq, limit=RESYNC_OVER)
    return [Delivery.of(entry) for entry in entries]
