"""Does every number that was given away have its entry, once? Journal and database compared, while both are
in use.

Heads are read before the entries and the journal before the database, as history does, so an entry on its
way is seen in one of the two. Whatever still looks wrong is looked at again, and only what is wrong every
time is reported.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, Literal

import msgspec
from django.db.models import Count, F, Max, Q

from chat.journal import journal
from chat.models import Conversation, DeadLetter, JournalEpoch, Message
from chat.persistence.reader import READER

Kind = Literal["lost", "doubled", "gap", "dead_letter", "epoch"]

_Found = tuple[Kind, int, str]

LOOKS: Final = 3
BETWEEN_LOOKS_S: Final = 0.3
_PAGE: Final = 2000  # entries read from the journal at once


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong. `seq` is 0 when it concerns the whole conversation or journal."""

    kind: Kind
    conversation: str
    seq: int
    detail: str


class Report(msgspec.Struct):
    """What an audit saw. `in_flight`: entries in the journal that persistence has not passed yet (not an
    error).
    """

    conversations: int = 0
    entries: int = 0
    in_flight: int = 0
    findings: list[Finding] = []  # msgspec gives each report a list of its own

    def count(self, kind: Kind) -> int:
        """Findings of one kind."""
        return sum(finding.kind == kind for finding in self.findings)


class _Place(msgspec.Struct, frozen=True):
    """An entry as some store has it."""

    seq: int
    id: str
    client_msg_id: str | None


_PLACE: Final = msgspec.json.Decoder(_Place)


def audit() -> Report:
    """Compare everything. Raises `JournalUnavailable`, `django.db.DatabaseError` for what cannot be read."""
    report = Report(in_flight=journal().depth(READER).entries)
    report.findings.extend(_epochs())
    suspects: list[str] = []
    hot = set()
    for head in journal().each_head():
        hot.add(head.conversation)
        suspects.append(head.conversation)
        report.conversations += 1
        report.entries += head.head
    for conversation, entries, looks_whole in _stored():
        if conversation in hot:
            continue
        report.conversations += 1
        report.entries += entries
        if not looks_whole:
            suspects.append(conversation)
    report.findings.extend(_confirmed(suspects))
    letters = DeadLetter.objects.filter(resolved_at=None)
    for parked_in, seq, code in letters.values_list("conversation", "seq", "code"):
        report.findings.append(Finding("dead_letter", str(parked_in), seq, code))
    return report


def _confirmed(suspects: Iterable[str]) -> list[Finding]:
    """What is wrong with these conversations, and still is each time one looks."""
    findings = [finding for conversation in suspects for finding in _look(conversation)]
    for _ in range(LOOKS - 1):
        if not findings:
            return []
        time.sleep(BETWEEN_LOOKS_S)
        suspects = dict.fromkeys(finding.conversation for finding in findings)
        again = {finding for conversation in suspects for finding in _look(conversation)}
        findings = [finding for finding in findings if finding in again]
    return findings


def _epochs() -> Iterator[Finding]:
    wanted = JournalEpoch.objects.values_list("epoch", flat=True).first()
    found = journal().epoch()
    if wanted is not None and found != wanted:
        yield Finding("epoch", "", 0, "the journal is not the one this database belongs to, or was emptied")


def _stored() -> Iterator[tuple[str, int, bool]]:
    """(id, head, whether the rows add up to it) of every conversation in the database, in one query."""
    rows = Conversation.objects.annotate(stored=Count("messages"), highest=Max("messages__seq"))
    whole = Q(stored=F("head")) & (Q(highest=F("head")) | Q(head=0))
    for id_, head, is_whole in (
        rows.annotate(whole=whole).values_list("id", "head", "whole").order_by().iterator(chunk_size=2000)
    ):
        yield str(id_), head, bool(is_whole)


def _look(conversation: str) -> list[Finding]:
    """One comparison. Order matters: heads, then the journal's entries, then the database's."""
    row_head = _row_head(conversation)
    hot = journal().heads([conversation]).get(conversation)
    head = hot.head if hot is not None else row_head
    known = [_Place(each.seq, each.id, each.client_msg_id) for each in journal().known(conversation)]
    bodies = list(_bodies(conversation, head))
    rows = [
        _Place(seq, str(id_), client_msg_id)
        for seq, id_, client_msg_id in Message.objects.filter(conversation_id=conversation)
        .order_by("seq")
        .values_list("seq", "id", "client_msg_id")
    ]
    letters = dict(_letters(conversation))
    now = journal().heads([conversation]).get(conversation)
    final = now.head if now is not None else _row_head(conversation)

    found: list[_Found] = []
    if hot is not None and row_head > hot.head:
        found.append(("lost", hot.head, f"the journal's head is behind the database's, {row_head}"))
    found.extend(_missing(head, known, {place.seq for place in (*rows, *bodies)} | letters.keys()))
    found.extend(_doubled(known, bodies, rows, [each for each in letters.values() if each is not None]))
    found.extend(
        ("doubled", place.seq, f"stored beyond the head, {final}, so its number will be given away again")
        for place in rows
        if place.seq > final
    )
    return [Finding(kind, conversation, seq, detail) for kind, seq, detail in found]


def _missing(head: int, known: Iterable[_Place], held: set[int]) -> Iterator[_Found]:
    """Numbers up to the head that no store can show."""
    numbered = {place.seq for place in known}
    highest = max(held, default=0)
    for seq in range(1, head + 1):
        if seq in held:
            continue
        if seq in numbered:
            yield "lost", seq, "it was acknowledged under a client_msg_id and is in neither store"
        elif seq > highest:
            yield "lost", seq, f"the head is {head}, and nothing is stored from here on"
        else:
            yield "gap", seq, "later entries are stored and this one is not"


def _doubled(
    known: list[_Place], bodies: list[_Place], rows: list[_Place], letters: list[_Place]
) -> Iterator[_Found]:
    """One place with two entries, or one entry in two places."""
    for seq, times in Counter(place.seq for place in rows).items():
        if times > 1:
            yield "doubled", seq, f"stored {times} times"
    ids_at: defaultdict[int, set[str]] = defaultdict(set)
    seqs_of_id: defaultdict[str, set[int]] = defaultdict(set)
    seqs_of_key: defaultdict[str, set[int]] = defaultdict(set)
    for place in (*known, *bodies, *rows, *letters):
        ids_at[place.seq].add(place.id)
        seqs_of_id[place.id].add(place.seq)
        if place.client_msg_id is not None:
            seqs_of_key[place.client_msg_id].add(place.seq)
    for seq, ids in ids_at.items():
        if len(ids) > 1:
            yield "doubled", seq, f"{len(ids)} different entries claim this place"
    for id_, seqs in seqs_of_id.items():
        if len(seqs) > 1:
            yield "doubled", max(seqs), f"entry {id_} stands at {_list(seqs)}"
    for key, seqs in seqs_of_key.items():
        if len(seqs) > 1:
            yield "doubled", max(seqs), f"client_msg_id {key!r} stands at {_list(seqs)}"


def _bodies(conversation: str, head: int) -> Iterator[_Place]:
    for first in range(1, head + 1, _PAGE):
        for seq, body in journal().read_range(conversation, first, min(first + _PAGE - 1, head)):
            place = _place(body)
            if place is not None and place.seq == seq:
                yield place


def _letters(conversation: str) -> Iterator[tuple[int, _Place | None]]:
    """Parked entries by seq; None for a body that is no entry."""
    letters = DeadLetter.objects.filter(conversation=conversation, resolved_at=None)
    for seq, body in letters.values_list("seq", "body"):
        place = _place(body.encode())
        yield seq, place if place is not None and place.seq == seq else None


def _place(body: bytes) -> _Place | None:
    try:
        return _PLACE.decode(body)
    except msgspec.DecodeError:
        return None


def _row_head(conversation: str) -> int:
    return Conversation.objects.filter(pk=conversation).values_list("head", flat=True).first() or 0


def _list(seqs: set[int]) -> str:
    return ", ".join(str(seq) for seq in sorted(seqs))
