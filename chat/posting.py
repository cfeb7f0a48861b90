"""The one door for every message and every act: rules, then one conditional append, then done.

What the rules saw goes along as an expectation; when a later act exists the journal refuses, posting folds
again and retries, so two accepts, close against send, person against bot have one outcome. Nothing here
delivers or persists: both follow the journal. The rules and the order of steps are `posting_course`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, cast

from django.db import Error as DatabaseError

from chat.coalescing import Coalescer
from chat.conversation import Participant, State, is_plain, require_read
from chat.errors import KefuError
from chat.journal import group_commit, reader
from chat.journal.base import Append, JournalUnavailable, Outcome, Warmth
from chat.posting_course import Course, Posted, course_of, message_draft
from chat.posting_steps import AWAITING, BLOCKING, load_blocking, load_many, refusal
from chat.protocol.commands import Command, SendPayload
from chat.protocol.content import check_content
from chat.states import Known, cached, remember
from chat.warming import load_warmth

__all__ = ["Posted", "current_state", "look", "post", "post_blocking", "post_many", "submit_plain"]

logger = logging.getLogger(__name__)

_cold: Coalescer[Warmth] = Coalescer(lambda conversations: load_warmth(conversations))
_Step = tuple[str, tuple[Any, ...]]
_Results = dict[int, Posted | KefuError]


async def post(command: Command, participant: Participant, origin: object | None = None) -> Posted:
    """Carry out a command from the event loop. Raises `KefuError`; `journal_unavailable` means: try again."""
    course = course_of(command, participant, origin)
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
    course = course_of(command, participant, None)
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


def post_many(commands: Sequence[Command], participant: Participant) -> list[Posted | KefuError]:
    """Carry out many commands in step, from a thread that may block; one result each, in their order.

    What all of them append in a round is one write of the journal, and what they look up is read together.
    A refusal is a result, not raised, so one conversation never holds up the others.
    """
    results: _Results = {}
    courses = [course_of(command, participant, None) for command in commands]
    waiting: dict[int, _Step] = {}
    for at in range(len(courses)):
        _step(courses, at, None, waiting, results)
    while waiting:
        asked, waiting = waiting, {}
        for at, answer in _answers(asked).items():
            _step(courses, at, answer, waiting, results)
    return [results[at] for at in range(len(courses))]


def _step(
    courses: list[Course],
    at: int,
    answer: Any,
    waiting: dict[int, _Step],
    results: dict[int, Posted | KefuError],
) -> None:
    """Take one course to its next question or its end."""
    try:
        if isinstance(answer, JournalUnavailable | DatabaseError | KefuError):
            waiting[at] = courses[at].throw(refusal(answer))
        else:
            waiting[at] = courses[at].send(answer)
    except StopIteration as done:
        results[at] = cast(Posted, done.value)
    except KefuError as error:
        results[at] = error
    except Exception:
        logger.exception("a command could not be carried out")
        results[at] = KefuError("internal", "the command could not be carried out; try again")


def _answers(asked: dict[int, _Step]) -> dict[int, Any]:
    """What each asked for; failures stand in the place of answers."""
    answers: dict[int, Any] = {}
    loads = {at: arguments[0] for at, (name, arguments) in asked.items() if name == "load"}
    appends = {at: arguments[0] for at, (name, arguments) in asked.items() if name == "append"}
    if loads:
        try:
            known = load_many(sorted(set(loads.values())))
            answers |= {at: known[conversation] for at, conversation in loads.items()}
        except (JournalUnavailable, DatabaseError) as error:
            answers |= dict.fromkeys(loads, error)
    answers |= zip(appends, group_commit().append_many_blocking(list(appends.values())), strict=True)
    for at, (name, arguments) in asked.items():
        if at not in answers:
            try:
                answers[at] = BLOCKING[name](*arguments)
            except (JournalUnavailable, DatabaseError, KefuError) as error:
                answers[at] = error
    return answers


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
    if known is None or command.attachment is not None or not is_plain(known.state, sender.kind):
        return False
    require_read(known.state, sender)
    check_content(command)
    draft = message_draft(command, sender, None)
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
