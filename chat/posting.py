"""The one door for every message and every act: rules, then one conditional append, then done.

What the rules saw goes along as an expectation; when a later act exists the journal refuses, posting folds
again and retries, so two accepts, close against send, person against bot have one outcome. Nothing here
delivers or persists: both follow the journal.

One course (a generator) holds the order of steps; two drivers walk it, one awaiting, one blocking, so that
sockets, views and workers share every rule.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Final, cast

import msgspec
from django.db import Error as DatabaseError

from chat.coalescing import Coalescer
from chat.conversation import (
    Participant,
    State,
    decide_accept,
    decide_close,
    decide_note,
    decide_rate,
    decide_recall,
    decide_reopen,
    decide_send,
    decode_state,
    encode_state,
    fold,
    require_read,
)
from chat.errors import KefuError
from chat.journal import group_commit, reader
from chat.journal.base import (
    Append,
    Cold,
    Draft,
    Expectation,
    Head,
    JournalUnavailable,
    Numbered,
    Outcome,
    Refused,
    Stored,
    Warmth,
)
from chat.posting_steps import AWAITING, BLOCKING, load_blocking, refusal
from chat.protocol.commands import Accept, Close, Command, Note, Rate, Recall, Reopen, Send, SendPayload
from chat.protocol.content import check_content, check_storable
from chat.protocol.entry import (
    Attachment,
    Entry,
    EntryKind,
    Event,
    Sender,
    encode_unnumbered,
    new_id,
    now_ms,
)
from chat.states import Known, cached, remember
from chat.warming import load_warmth

#: Refusals in a row before giving up: each needs another act of another process in between.
MAX_ATTEMPTS: Final = 8

_cold: Coalescer[Warmth] = Coalescer(lambda conversations: load_warmth(conversations))
Course = Generator[tuple[str, tuple[Any, ...]], Any, "Posted"]


class Posted(msgspec.Struct, frozen=True):
    """What became of a command. `entries` is empty when an act changed nothing (accepted twice by its
    owner).
    """

    conversation: str
    id: str | None
    seq: int
    created_at: int
    repeated: bool
    state: State
    entries: tuple[Numbered, ...] = ()


async def post(command: Command, participant: Participant, origin: object | None = None) -> Posted:
    """Carry out a command from the event loop. Raises `KefuError`; `journal_unavailable` means: try again."""
    course = _course(command, participant, origin)
    try:
        name, arguments = next(course)
        while True:
            try:
                answer = await AWAITING[name](*arguments)
            except (JournalUnavailable, DatabaseError, KefuError) as error:
                name, arguments = course.throw(refusal(error))
            else:
                name, arguments = course.send(answer)
    except StopIteration as done:
        return cast(Posted, done.value)


def post_blocking(command: Command, participant: Participant) -> Posted:
    """The same from a thread that may block (views, tasks, commands)."""
    course = _course(command, participant, None)
    try:
        name, arguments = next(course)
        while True:
            try:
                answer = BLOCKING[name](*arguments)
            except (JournalUnavailable, DatabaseError, KefuError) as error:
                name, arguments = course.throw(refusal(error))
            else:
                name, arguments = course.send(answer)
    except StopIteration as done:
        return cast(Posted, done.value)


def submit_plain(
    command: SendPayload,
    sender: Participant,
    origin: object,
    done: Callable[[Outcome | JournalUnavailable], None],
) -> bool:
    """The hot way of a plain message on an open conversation whose state is at hand: no task, no future.

    Returns False (nothing was submitted) when anything needs looking up; then `post` is the way. `done` is
    called on the loop with whatever the journal says; anything but `Stored` also belongs to `post`, which
    decides again.
    """
    known = cached(command.conversation)
    if known is None or known.state.status == "closed" or command.attachment is not None:
        return False
    require_read(known.state, sender)
    check_content(command)
    draft = _message_draft(command, sender, None)
    group_commit().submit(
        Append(command.conversation, (draft,), known.expect, None, sender.kind == "agent", origin), done
    )
    return True


def current_state(conversation: str) -> State:
    """The journal's truth about a conversation, for threads. Raises `not_found`, `journal_unavailable`."""
    try:
        return load_blocking(conversation).state
    except JournalUnavailable as error:
        raise refusal(error) from error


async def look(conversation: str) -> Known:
    """The journal's truth from the event loop, without warming it: looking at a silent conversation writes
    nothing.

    Concurrent looks share their reads. Raises `not_found`, `journal_unavailable`.
    """
    try:
        head = await reader().head(conversation)
    except JournalUnavailable as error:
        raise refusal(error) from error
    if head is not None:
        return remember(head)
    try:
        warmth = await _cold.get(conversation)
    except DatabaseError as error:
        raise refusal(error) from None
    if warmth is None:
        raise KefuError("not_found", "no such conversation")
    return remember(warmth.head)


# --- the course -------------------------------------------------------------------------------------------


def _course(command: Command, participant: Participant, origin: object | None) -> Course:
    conversation = command.conversation
    known = cached(conversation)
    if known is None:
        known = yield "load", (conversation,)
    for _ in range(MAX_ATTEMPTS):
        state = known.state
        require_read(state, participant)
        if isinstance(command, Send) and state.status == "closed":
            # What was stored before the closing is acknowledged again, not refused and not stored twice.
            asked: Outcome = yield "append", (_question(command),)
            match asked:
                case Stored(entries=entries):
                    last = entries[-1]
                    return Posted(conversation, last.id, last.seq, last.created_at, True, state, entries)
                case Refused(head=head):
                    known = remember(head)
                case Cold():
                    known = yield "load", (conversation,)
                    continue
        append = yield from (
            _send(command, participant, known, origin)
            if isinstance(command, Send)
            else _act(command, participant, known, origin)
        )
        if append is None:
            return Posted(conversation, None, known.act_seq, 0, False, state)
        outcome: Outcome = yield "append", (append,)
        match outcome:
            case Stored(entries=entries, repeated=repeated):
                last = entries[-1]
                if append.state is not None and not repeated:
                    state = decode_state(append.state)
                    known = remember(Head(conversation, last.seq, last.seq, known.human_seq, append.state))
                return Posted(conversation, last.id, last.seq, last.created_at, repeated, state, entries)
            case Refused(head=head):
                if isinstance(command, Send) and command.human_seq is not None:
                    raise KefuError("conflict", "a person has answered meanwhile")
                known = remember(head)
            case Cold():
                known = yield "load", (conversation,)
    raise KefuError("busy", "the conversation is changing too fast")


def _question(command: Send) -> Append:
    """Asks whether the message is stored already: no act has the seq it expects, so nothing is written."""
    return Append(command.conversation, (Draft("", command.client_msg_id, b""),), Expectation("act", -1))


def _send(
    command: Send, sender: Participant, known: Known, origin: object | None
) -> Generator[tuple[str, tuple[Any, ...]], Any, Append]:
    state = known.state
    check_content(command)
    drafts: list[Draft] = []
    snapshot: bytes | None = None
    if state.status == "closed":
        reopen_ms = yield "reopen_ms", (state.site,)
        try:
            events = decide_send(state, sender, now_ms(), reopen_ms)
            yield "claim_open", (command.conversation,)
        except KefuError as error:
            if error.code == "conversation_closed" and sender.kind == "visitor":
                successor = yield "successor", (command.conversation,)
                raise KefuError(
                    "conversation_closed", "the conversation is closed", details={"conversation": successor}
                ) from error
            raise
        for event in events:
            state = fold(state, event, now_ms())
            drafts.append(_act_draft(command.conversation, Participant("system", None), event))
        snapshot = encode_state(state)
    attachment = None
    if command.attachment is not None:
        attachment = yield "attachment", (command.attachment, sender, state.site)
    drafts.append(_message_draft(command, sender, attachment))
    expect = known.expect
    if command.human_seq is not None:
        expect = Expectation("human", command.human_seq)
    return Append(command.conversation, tuple(drafts), expect, snapshot, sender.kind == "agent", origin)


def _act(
    command: Command, participant: Participant, known: Known, origin: object | None
) -> Generator[tuple[str, tuple[Any, ...]], Any, Append | None]:
    state = known.state
    text: str | None = None
    match command:
        case Accept():
            event = decide_accept(state, participant)
        case Close(reason=reason):
            event = decide_close(state, participant, reason)
        case Reopen():
            event = decide_reopen(state, participant)
            if event is not None:
                yield "claim_open", (command.conversation,)
        case Rate(rating=rating, text=words):
            event = decide_rate(state, participant, rating, words)
        case Note(text=words):
            event, text = decide_note(state, participant), words
        case Recall(seq=seq):
            target = yield "entry", (command.conversation, seq)
            event = decide_recall(state, participant, target, now_ms())
        case _:
            raise KefuError("invalid", "unknown command")
    if event is None:
        return None
    snapshot = encode_state(fold(state, event, now_ms()))
    draft = _act_draft(command.conversation, participant, event, text)
    return Append(command.conversation, (draft,), known.expect, snapshot, participant.kind == "agent", origin)


def _message_draft(command: Send | SendPayload, sender: Participant, attachment: Attachment | None) -> Draft:
    entry = Entry(
        command.conversation,
        new_id(),
        0,
        command.client_msg_id,
        Sender(sender.kind, sender.id, sender.name),
        command.kind,
        command.text,
        attachment,
        command.card,
        None,
        command.reply_to,
    )
    raw = encode_unnumbered(entry)
    check_storable(raw)
    return Draft(entry.id, entry.client_msg_id, raw)


def _act_draft(conversation: str, actor: Participant, event: Event, text: str | None = None) -> Draft:
    kind: EntryKind = "event"
    sender = Sender(actor.kind, actor.id, actor.name)
    entry = Entry(conversation, new_id(), 0, None, sender, kind, text, None, None, event)
    raw = encode_unnumbered(entry)
    check_storable(raw)
    return Draft(entry.id, None, raw)
