"""The course of a command: the order of steps from a rule to what became of it. Pure of I/O.

A course is a generator that asks for steps (`posting_steps`) and is sent their answers; `posting` drives it,
awaiting, blocking or many in step, so that sockets, views and workers share every rule.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final

import msgspec

from chat import conversation as rules
from chat.conversation import SYSTEM, Participant, State, decode_state, encode_state, fold, require_read
from chat.errors import KefuError
from chat.journal.base import Append, Cold, Draft, Expectation, Head, Numbered, Outcome, Refused, Stored
from chat.protocol import commands as ask
from chat.protocol.commands import Command, Send, SendPayload
from chat.protocol.content import check_content, check_storable
from chat.protocol.entry import Attachment, Entry, Event, Sender, encode_unnumbered, new_id, now_ms
from chat.states import Known, cached, remember

#: Refusals in a row before giving up: each needs another act of another process in between.
MAX_ATTEMPTS: Final = 8


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


Steps = Generator[tuple[str, tuple[Any, ...]], Any, Any]
Course = Generator[tuple[str, tuple[Any, ...]], Any, Posted]


class Word(msgspec.Struct, frozen=True):
    """One act on its way into the log."""

    event: Event
    text: str | None = None
    client_msg_id: str | None = None


def course_of(command: Command, participant: Participant, origin: object | None) -> Course:
    """The course of one command. Raises `KefuError`."""
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
                    human_seq = last.seq if append.human else known.human_seq
                    known = remember(Head(conversation, last.seq, last.seq, human_seq, append.state))
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
    if not rules.is_plain(state, sender.kind):
        events = yield from _before_words(command, sender, state)
        for event in events:
            state = fold(state, event, now_ms())
            actor = sender if event.name == "accepted" else SYSTEM
            drafts.append(_act_draft(command.conversation, actor, Word(event)))
        snapshot = encode_state(state) if events else None
    attachment = None
    if command.attachment is not None:
        attachment = yield "attachment", (command.attachment, sender, state.site)
    drafts.append(message_draft(command, sender, attachment))
    expect = known.expect
    if command.human_seq is not None:
        expect = Expectation("human", command.human_seq)
    return Append(command.conversation, tuple(drafts), expect, snapshot, sender.kind == "agent", origin)


def _before_words(
    command: Send, sender: Participant, state: State
) -> Generator[tuple[str, tuple[Any, ...]], Any, tuple[Event, ...]]:
    if state.status != "closed":
        return rules.decide_send(state, sender, now_ms(), 0)
    reopen_ms = yield "reopen_ms", (state.site,)
    try:
        events = rules.decide_send(state, sender, now_ms(), reopen_ms)
        yield "claim_open", (command.conversation,)
    except KefuError as error:
        if error.code == "conversation_closed" and sender.kind == "visitor":
            successor = yield "successor", (command.conversation,)
            raise KefuError(
                "conversation_closed", "the conversation is closed", details={"conversation": successor}
            ) from error
        raise
    return events


def _act(
    command: Command, participant: Participant, known: Known, origin: object | None
) -> Generator[tuple[str, tuple[Any, ...]], Any, Append | None]:
    state, conversation = known.state, command.conversation
    words: tuple[Word, ...]
    match command:
        case ask.Recall(seq=seq):
            target = yield "entry", (conversation, seq)
            words = _word(rules.decide_recall(state, participant, target, now_ms()))
        case ask.EditNote(seq=seq, text=text):
            target = yield "entry", (conversation, seq)
            words = _word(rules.decide_edit_note(state, participant, target), text)
        case ask.Transfer(bot=True):
            words = _transfer(command, participant, state)
            answers = not words or (yield "bot_answers", (state.site,))
            if not answers:
                raise KefuError("bot_unavailable", "no bot answers here")
        case _:
            words = _decide(command, participant, state)
    if not words:
        return None
    if isinstance(command, ask.Close) and participant.kind == "agent" and not command.category:
        # Asked here, where all ways of closing meet; what time or the visitor ends has nobody to say it.
        required = yield "category_required", (state.site,)
        if required:
            raise KefuError("category_required", "this site wants to know what it was about")
    if isinstance(command, ask.Reopen):
        yield "claim_open", (conversation,)
    for word in words:
        state = fold(state, word.event, now_ms())
    drafts = tuple(_act_draft(conversation, participant, word) for word in words)
    if isinstance(command, ask.Handoff) and command.last_words is not None:
        check_content(command.last_words)
        drafts = (message_draft(command.last_words, participant, None), *drafts)
    # From a handoff on it is people's: what the bot had under way is refused as after an agent's word.
    human = participant.kind == "agent" or isinstance(command, ask.Handoff)
    return Append(conversation, drafts, known.expect, encode_state(state), human, origin)


def _decide(command: Command, who: Participant, state: State) -> tuple[Word, ...]:
    match command:
        case ask.Accept():
            return _word(rules.decide_accept(state, who))
        case ask.Queue(group=group, reason=reason, owner=owner):
            return _word(rules.decide_queue(state, who, group, reason, owner))
        case ask.Assign(agent=agent, group=group, decision=decision, reason=reason):
            return _word(rules.decide_assign(state, who, agent, group, decision, reason))
        case ask.Transfer():
            return _transfer(command, who, state)
        case ask.Refuse(reason=why):
            return _word(rules.decide_refuse(state, who, why))
        case ask.TakeOver():
            return _word(rules.decide_take_over(state, who))
        case ask.Handoff(reason=why, group=group, brief=brief):
            return _handoff(rules.decide_handoff(state, who, why, group), brief)
        case ask.Invite(agent=guest):
            return _word(rules.decide_invite(state, who, guest))
        case ask.Leave():
            return _word(rules.decide_leave(state, who))
        case ask.Whisper(text=text, client_msg_id=sent_as):
            return _word(rules.decide_whisper(state, who), text, sent_as)
        case ask.Note(text=text, client_msg_id=sent_as, mentions=mentions):
            return _word(rules.decide_note(state, who, mentions), text, sent_as)
        case ask.SetLabels(labels=labels):
            return _word(rules.decide_labels(state, who, labels))
        case ask.Snooze(until_ms=until):
            return _word(rules.decide_snooze(state, who, until, now_ms()))
        case ask.Wake(reason=reason):
            return _word(rules.decide_wake(state, who, reason))
        case ask.Merged(visitor=visitor, by=by):
            return _word(rules.decide_merged(who, visitor, by))
        case ask.LeftMessage(contact=contact):
            return _word(rules.decide_left_message(who, contact))
        case ask.Close(reason=why, summary=summary, category=category):
            events = rules.decide_close(state, who, why, summary, category)
            return tuple(Word(event) for event in events)
        case ask.Reopen():
            return _word(rules.decide_reopen(state, who))
        case ask.Rate(rating=rating, text=words):
            return _word(rules.decide_rate(state, who, rating, words))
        case _:
            raise KefuError("invalid", "unknown command")


def _transfer(command: ask.Transfer, who: Participant, state: State) -> tuple[Word, ...]:
    event = rules.decide_transfer(state, who, command.agent, command.group, command.bot)
    if event is None or not command.note:
        return _word(event)
    # What is said along is for colleagues; the act itself is for the visitor, too.
    return Word(rules.decide_note(state, who), command.note), Word(event)


def _handoff(event: Event | None, brief: ask.Brief | None) -> tuple[Word, ...]:
    if event is None or brief is None:
        return _word(event)
    told = Event(
        "briefed", {"intent": brief.intent, "slots": brief.slots, "tried": brief.tried, "mood": brief.mood}
    )
    return Word(told, brief.summary), Word(event)


def _word(event: Event | None, text: str | None = None, sent_as: str | None = None) -> tuple[Word, ...]:
    return () if event is None else (Word(event, text, sent_as),)


def message_draft(command: Send | SendPayload, sender: Participant, attachment: Attachment | None) -> Draft:
    """A message as the journal takes it. Raises `KefuError` when it cannot be stored."""
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


def _act_draft(conversation: str, actor: Participant, word: Word) -> Draft:
    sender = Sender(actor.kind, actor.id, actor.name)
    entry = Entry(conversation, new_id(), 0, word.client_msg_id, sender, "event", word.text, event=word.event)
    raw = encode_unnumbered(entry)
    check_storable(raw)
    return Draft(entry.id, entry.client_msg_id, raw)
