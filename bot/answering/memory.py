"""Where talks stand, kept outside the process: read before an answer, written before it is posted.

The answer goes into the journal and the memory into the database, and a crash may come between. So a row
holds both states, before and after the answer to `seq`; the log tells which of them counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

import msgspec
import structlog

from bot.answering.reading import Talk
from bot.dialog.state import DialogState
from bot.models import Dialog

log = structlog.get_logger(__name__)

_ENCODE: Final = msgspec.msgpack.Encoder().encode
_DECODER: Final = msgspec.msgpack.Decoder(DialogState)


class Kept(msgspec.Struct, frozen=True):
    """A state to keep: as it was `before`, as it is `after` the answer to `seq`."""

    conversation: str
    site: str
    seq: int
    before: DialogState
    after: DialogState
    expires_ms: int


def recall(talks: Mapping[str, Talk], now_ms: int) -> dict[str, DialogState]:
    """Where these talks stand; a new state for one that is unknown or has expired."""
    states = {}
    rows = Dialog.objects.filter(pk__in=[UUID(each) for each in talks], expires_ms__gt=now_ms)
    for row in rows:
        talk = talks[str(row.pk)]
        data = bytes(row.after if talk.bot_seq > row.seq else row.before)
        try:
            states[talk.conversation] = _DECODER.decode(data) if data else DialogState()
        except msgspec.DecodeError:
            # An older version wrote it: a talk that begins anew beats one that never goes on.
            log.warning("dialog_not_readable", conversation=talk.conversation)
    return {each: states.get(each) or DialogState() for each in talks}


def keep(kept: Iterable[Kept]) -> None:
    """Write them in one statement."""
    Dialog.objects.bulk_create(
        [
            Dialog(
                conversation=UUID(each.conversation), site_id=UUID(each.site), seq=each.seq,
                before=_ENCODE(each.before), after=_ENCODE(each.after), expires_ms=each.expires_ms,
            )
            for each in kept
        ],
        update_conflicts=True, unique_fields=["conversation"],
        update_fields=["seq", "before", "after", "expires_ms"],
    )  # fmt: skip


def amend(conversation: str, seq: int, after: DialogState) -> None:
    """What an endpoint or a model has changed since the answer to `seq` was computed."""
    Dialog.objects.filter(conversation=UUID(conversation), seq=seq).update(after=_ENCODE(after))


def forget_expired(now_ms: int) -> int:
    """Drop what nobody comes back to; how many."""
    return Dialog.objects.filter(expires_ms__lte=now_ms).delete()[0]
