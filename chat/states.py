"""The last known state of conversations in this process: a cache the journal corrects (`Refused`), never
trusts.

Bounded; dropping an entry only costs a read. Dictionary operations are atomic under the interpreter lock,
so threads and the event loop share it.
"""

from __future__ import annotations

import contextlib
from typing import Final

import msgspec

from chat.conversation import State, decode_state
from chat.journal.base import Expectation, Head

#: About 1 KB each: 50 MB at the very most.
MAX_STATES: Final = 50_000


class Known(msgspec.Struct, frozen=True):
    """A conversation as this process last saw it. `expect` is the expectation that goes with `state`."""

    state: State
    head: int
    act_seq: int
    human_seq: int
    expect: Expectation


_states: dict[str, Known] = {}


def cached(conversation: str) -> Known | None:
    """What is known of a conversation, perhaps an act behind."""
    return _states.get(conversation)


def remember(head: Head) -> Known:
    """Take in what the journal said; an older word than the one at hand is ignored.

    Heads only grow, so the head tells which word is older. The act mark does not: it stands at the end of the
    append that held the act, and at the act itself once the journal forgot the conversation and took it back
    from the database.
    """
    before = _states.get(head.conversation)
    if before is not None and before.head > head.head:
        return before
    if before is not None and before.act_seq == head.act_seq:
        if before.head == head.head:
            return before
        known = Known(before.state, head.head, head.act_seq, head.human_seq, before.expect)
    else:
        expect = Expectation("act", head.act_seq)
        known = Known(decode_state(head.state), head.head, head.act_seq, head.human_seq, expect)
    if before is None and len(_states) >= MAX_STATES:
        with contextlib.suppress(RuntimeError, StopIteration):  # another thread is at it, too
            _states.pop(next(iter(_states)), None)
    _states[head.conversation] = known
    return known


def forget_all() -> None:
    """Empty the cache (a journal was adopted, a test begins)."""
    _states.clear()
