"""Entries to append and journals to append them to, named so that another process can open the same one."""

from collections.abc import Sequence
from pathlib import Path

from chat.journal.base import Append, Draft, Expectation, Head, Journal, Known, Outcome, Stored, Warmth
from chat.journal.redis import RedisJournal
from chat.journal.sqlite import SqliteJournal
from chat.protocol.entry import Entry, Event, Sender, decode_entry, encode_unnumbered, new_id

NOW = 1_700_000_000_000
STATE = b'{"status":"queued"}'


def open_journal(spec: str) -> Journal:
    """`sqlite /path/to/file` or `redis <url> <prefix>`, open."""
    kind, place, *rest = spec.split()
    opened: Journal = (
        SqliteJournal(Path(place)) if kind == "sqlite" else RedisJournal(place, prefix=rest[0], shards=3)
    )
    opened.open()
    return opened


def message(conversation: str, key: str | None = None, text: str = "hello") -> Draft:
    """A visitor's text."""
    id_ = new_id()
    entry = Entry(conversation, id_, 0, key, Sender("visitor", new_id(), "Ann"), "text", text)
    return Draft(id_, key, encode_unnumbered(entry))


def event(conversation: str, name: str) -> Draft:
    """An act of the system."""
    id_ = new_id()
    entry = Entry(conversation, id_, 0, None, Sender("system"), "event", event=Event(name))
    return Draft(id_, None, encode_unnumbered(entry))


def say(
    conversation: str, key: str | None = None, *, act: int | None = None, human: int | None = None
) -> Append:
    """A message, perhaps with an expectation about one of the marks."""
    expect = None
    if act is not None:
        expect = Expectation("act", act)
    elif human is not None:
        expect = Expectation("human", human)
    return Append(conversation, (message(conversation, key),), expect)


def act(conversation: str, name: str, expected: int, state: bytes = STATE) -> Append:
    """An act of an agent: moves both marks."""
    return Append(
        conversation, (event(conversation, name),), Expectation("act", expected), state=state, human=True
    )


def warm(journal: Journal, conversation: str, head: int = 0, known: Sequence[Known] = ()) -> str:
    """Make a conversation hot; returns it."""
    journal.warm([Warmth(Head(conversation, head, 0, 0, STATE), tuple(known))])
    return conversation


def begin(journal: Journal) -> str:
    """A new, hot, empty conversation."""
    return warm(journal, new_id())


def stored(outcome: Outcome) -> Stored:
    """The outcome, which has to be Stored."""
    assert isinstance(outcome, Stored), outcome
    return outcome


def seq_of(outcome: Outcome) -> int:
    """The seq of the one entry that was stored, new or repeated."""
    (entry,) = stored(outcome).entries
    return entry.seq


def seqs(found: Sequence[tuple[int, bytes]]) -> list[int]:
    """Seqs of what was read, after checking that each body is the entry of its seq."""
    for seq, body in found:
        assert decode_entry(body).seq == seq
    return [seq for seq, _ in found]


def fill(journal: Journal, conversation: str, count: int, now_ms: int = NOW) -> None:
    """Append `count` messages."""
    journal.write([say(conversation, new_id()) for _ in range(count)], now_ms)


def pass_all(journal: Journal, reader: str) -> None:
    """Let a reader pass everything."""
    for shard in range(journal.shards):
        while items := journal.read_batch(reader, shard, 100):
            journal.advance(reader, shard, items[-1].position)
