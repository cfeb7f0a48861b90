"""A conversation's row as a fold over its log. Pure: the same entries in the same order give the same row.

Structs here stay out of the cyclic collector: they hold no cycles, and a batch would bring its full run
nearer.

Two halves. The talk half (`head`, `last_*`, `visitor_seq`, `waiting_since`, `human_seq`) moves with every
entry; the state half (`status`, agent, rating, `closed_at`, snapshot) with acts only, by
`chat.conversation.fold`.
"""

from __future__ import annotations

from typing import Final, cast
from uuid import UUID

import msgspec

from chat.conversation import State, Status, decode_state, encode_state, fold
from chat.persistence.lines import Line
from chat.ports import Step

MAX_PREVIEW: Final = 200  # characters of Conversation.last_text
MAX_NAME: Final = 100  # of an agent, a group, a category
MAX_SUMMARY: Final = 2000
MAX_RATING_TEXT: Final = 1000
MAX_RATING: Final = 32767  # a smallint
MAX_MS: Final = 2**53 - 1

#: Previews of what has no words; interfaces translate these exact texts.
MARKERS: Final = {"image": "[image]", "file": "[file]", "card": "[card]"}
RECALLED: Final = "[recalled]"

#: Acts that may leave a conversation waiting for somebody.
PUTS_BACK: Final = frozenset({"assigned", "transferred", "queued", "handoff", "refused"})


class Row(msgspec.Struct, gc=False):
    """A conversation's row while a batch moves it on. Ids in canonical text, times in ms; `state` is the
    snapshot.

    `snapshot` is empty until the first act was persisted; then the state begins as the row was made.
    """

    id: str
    site: str
    visitor: str
    visitor_name: str
    status: str
    head: int
    act_seq: int
    human_seq: int
    snapshot: str
    visitor_seq: int
    last_text: str
    last_at: int
    last_seq: int
    waiting_since: int | None
    rating_text: str
    summary: str = ""
    category: str = ""
    acted: bool = False
    moved: bool = False
    began: bool = False
    labelled: bool = False
    acts: list[str] = []
    steps: list[Step] = []
    replied_at: int | None = None
    hidden: list[int] = []  # msgspec gives each row a list of its own
    state: State | None = None


class Talk(msgspec.Struct, gc=False):
    """The columns of the talk half, ready to be written."""

    id: str
    head: int
    human_seq: int
    visitor_seq: int
    last_text: str
    last_at: int
    last_seq: int
    waiting_since: int | None


class Acts(msgspec.Struct, gc=False):
    """The columns of the state half, ready to be written."""

    id: str
    act_seq: int
    status: str
    agent_id: str | None
    agent_name: str
    rating: int | None
    rating_text: str
    closed_at: int | None
    state: str
    group_id: str | None
    group_name: str
    guests: list[str]
    snoozed_until: int | None
    summary: str
    category: str


def skip(row: Row, seq: int) -> None:
    """Move past an entry that cannot be read: the log goes on behind it, so the head must too."""
    if seq > row.head:
        row.head, row.moved = seq, True


def advance(row: Row, line: Line) -> None:
    """Move the row past one entry; what it passed already changes nothing."""
    if line.seq <= row.head:
        return
    row.head, row.moved = line.seq, True
    if line.sender.kind == "agent" or (line.event is not None and line.event.name == "handoff"):
        row.human_seq = line.seq
    if line.event is not None:
        _act(row, line)
    elif line.kind != "event":
        _talk(row, line)


def _talk(row: Row, line: Line) -> None:
    """A message: it is the preview, and it starts or ends the visitor's wait.

    Somebody waits from the first visitor's message that nobody has answered; a word of an agent or the bot
    ends it.
    """
    row.last_seq = line.seq
    row.last_at = line.created_at
    row.last_text = _preview(line)
    if line.sender.kind == "visitor":
        row.began = row.began or row.visitor_seq == 0
        row.visitor_seq = line.seq
        if row.waiting_since is None:
            row.waiting_since = line.created_at
    elif line.sender.kind in ("agent", "bot"):
        row.waiting_since = None
        if line.sender.kind == "agent" and row.replied_at is None:
            row.replied_at = line.created_at


def _preview(line: Line) -> str:
    """What a list shows: the words; of a card too when it has some, as a bot's answer does."""
    words = (line.text or "")[:MAX_PREVIEW]
    return words if line.kind == "card" and words else MARKERS.get(line.kind) or words


def _act(row: Row, line: Line) -> None:
    """An act: closing ends a wait, being put back in the queue starts one, notes and labels do neither."""
    event = line.event
    assert event is not None
    before = state_of(row)
    try:
        after = fold(before, event, line.created_at)
        if event.name == "recalled" and (target := event.data["seq"]) in after.recalled:
            row.hidden.append(int(target))
            if target == row.last_seq:
                row.last_text = RECALLED
    except (KeyError, TypeError, ValueError, AttributeError):
        after = before  # an act without its data moves the mark and nothing else
    if event.name == "rated":
        row.rating_text = str(event.data.get("text") or "")[:MAX_RATING_TEXT]
    elif event.name == "reopened":
        row.rating_text = ""
    elif event.name == "summarized":
        row.summary = str(event.data.get("summary") or "")[:MAX_SUMMARY]
        row.category = str(event.data.get("category") or "")[:MAX_NAME]
    elif event.name == "labels":
        row.labelled = True
    if after.status == "closed":
        row.waiting_since = None
    elif event.name in PUTS_BACK and after.status == "queued":
        row.waiting_since = row.waiting_since or line.created_at
    row.state, row.act_seq, row.acted = after, line.seq, True
    row.acts.append(event.name)
    row.steps.append(Step(event.name, event.data, line.created_at, line.sender.kind))


def state_of(row: Row) -> State:
    """The state at the row's `act_seq`."""
    if row.state is None:
        if row.snapshot:
            row.state = decode_state(row.snapshot.encode())
        else:
            status = cast(Status, row.status)
            row.state = State(row.id, row.site, row.visitor, status, row.visitor_name or None)
    return row.state


def talk_of(row: Row) -> Talk:
    """The talk half of a row."""
    return Talk(
        row.id,
        row.head,
        row.human_seq,
        row.visitor_seq,
        row.last_text,
        row.last_at,
        row.last_seq,
        row.waiting_since,
    )


def acts_of(row: Row) -> Acts:
    """The state half of a row that acts have moved. Values no column can hold become null rather than a
    failure.
    """
    state = state_of(row)
    agent, group = state.agent, state.group
    rating, snoozed = state.rating, state.snoozed_until
    return Acts(
        id=row.id,
        act_seq=row.act_seq,
        status=state.status,
        agent_id=_uuid(agent.id) if agent else None,
        agent_name=str((agent.name if agent else None) or "")[:MAX_NAME],
        rating=rating if isinstance(rating, int) and 0 <= rating <= MAX_RATING else None,
        rating_text=row.rating_text,
        closed_at=state.closed_at,
        state=encode_state(state).decode(),
        group_id=_uuid(group.id) if group else None,
        group_name=str((group.name if group else None) or "")[:MAX_NAME],
        guests=[guest.id for guest in state.guests],
        snoozed_until=snoozed if snoozed is None or 0 <= snoozed <= MAX_MS else None,
        summary=row.summary,
        category=row.category,
    )


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except (ValueError, AttributeError, TypeError):
        return None
