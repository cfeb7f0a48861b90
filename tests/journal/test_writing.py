"""The contract of writing: numbers, repeats, expectations, states."""

import pytest

from chat.journal.base import Append, Cold, Head, Journal, Known, Refused, Stored
from chat.protocol.entry import decode_entry, new_id
from tests.journal.support import (
    NOW,
    STATE,
    act,
    begin,
    event,
    fill,
    message,
    open_journal,
    pass_all,
    say,
    seq_of,
    seqs,
    stored,
    warm,
)  # fmt: skip


def test_numbers_begin_at_one_and_have_no_gap(journal: Journal) -> None:
    a, b = begin(journal), begin(journal)
    outcomes = journal.write([say(a), say(b), say(a), say(a)], NOW) + journal.write([say(b), say(a)], NOW)
    assert [seq_of(each) for each in outcomes] == [1, 1, 2, 3, 2, 4]
    assert journal.heads([a])[a].head == 4


def test_what_is_stored_is_the_draft_with_seq_and_time(journal: Journal) -> None:
    conversation = begin(journal)
    draft = message(conversation, "key", text='Ünï "quoted" 你好 \\ \u0000 \U0001f600')
    (entry,) = stored(journal.write([Append(conversation, (draft,))], NOW)[0]).entries
    decoded = decode_entry(entry.body)
    assert (decoded.seq, decoded.created_at, decoded.id) == (1, NOW, draft.id)
    assert decoded.text == 'Ünï "quoted" 你好 \\ \u0000 \U0001f600'
    assert (entry.seq, entry.created_at, entry.id) == (1, NOW, draft.id)
    assert journal.read_after(conversation, 0, 10) == [(1, entry.body)]


def test_an_unknown_conversation_is_cold_and_its_neighbours_are_written(journal: Journal) -> None:
    hot, cold = begin(journal), new_id()
    outcomes = journal.write([say(cold, "x"), say(hot), say(cold)], NOW)
    assert outcomes[0] == Cold(cold) == outcomes[2]
    assert seq_of(outcomes[1]) == 1
    assert cold not in journal.heads([cold, hot])


def test_an_empty_batch_is_nothing(journal: Journal) -> None:
    assert journal.write([], NOW) == []
    assert journal.heads([]) == {}


def test_a_repeat_is_the_same_message(journal: Journal) -> None:
    conversation = begin(journal)
    first = stored(journal.write([say(conversation, "k1")], NOW)[0])
    journal.write([say(conversation, "k2")], NOW)
    again = stored(journal.write([say(conversation, "k1")], NOW + 5)[0])
    assert again == Stored(first.entries, repeated=True)
    assert journal.heads([conversation])[conversation].head == 2


def test_a_repeat_within_one_batch_is_the_same_message(journal: Journal) -> None:
    conversation = begin(journal)
    first, second, other = journal.write(
        [say(conversation, "k"), say(conversation, "k"), say(conversation)], NOW
    )
    assert isinstance(first, Stored) and not first.repeated
    assert second == Stored(first.entries, repeated=True)
    assert seq_of(other) == 2


def test_message_ids_belong_to_their_conversation(journal: Journal) -> None:
    a, b = begin(journal), begin(journal)
    outcomes = journal.write([say(a, "same"), say(b, "same")], NOW)
    assert [stored(each).repeated for each in outcomes] == [False, False]


@pytest.mark.parametrize(
    "pair", [("a\x00b", "a"), ("a", "A"), ("é", "e\u0301"), ("1", "01"), ("k ", "k"), ("'", '"')]
)
def test_message_ids_are_compared_exactly(journal: Journal, pair: tuple[str, str]) -> None:
    conversation = begin(journal)
    outcomes = journal.write([say(conversation, key) for key in pair], NOW)
    assert [stored(each).repeated for each in outcomes] == [False, False]
    again = journal.write([say(conversation, key) for key in pair], NOW)
    assert [(stored(each).repeated, seq_of(each)) for each in again] == [(True, 1), (True, 2)]
    assert [known.client_msg_id for known in journal.known(conversation)] == list(pair)


def test_the_longest_message_id_works(journal: Journal) -> None:
    conversation = begin(journal)
    key = "\U0001f600" * 64
    journal.write([say(conversation, key)], NOW)
    assert stored(journal.write([say(conversation, key)], NOW)[0]).repeated


def test_a_repeat_is_known_after_its_body_was_trimmed(journal: Journal) -> None:
    conversation = begin(journal)
    first = stored(journal.write([say(conversation, "old")], NOW)[0]).entries[0]
    pass_all(journal, "persistence")
    dropped, forgotten = journal.trim(["persistence"], NOW + 100_000, 1000, 10**9)
    assert (dropped, forgotten) == (1, 0)
    assert journal.read_after(conversation, 0, 10) == []
    (again,) = stored(journal.write([say(conversation, "old")], NOW + 100_000)[0]).entries
    assert (again.id, again.seq, again.created_at, again.body) == (first.id, 1, NOW, b"")


def test_a_repeat_is_known_a_year_later(journal: Journal) -> None:
    conversation = begin(journal)
    first = stored(journal.write([say(conversation, "old")], NOW)[0]).entries[0]
    known = journal.known(conversation)
    pass_all(journal, "persistence")
    later = NOW + 366 * 86_400_000
    assert journal.trim(["persistence"], later, 1000, 86_400_000) == (1, 1)
    assert journal.write([say(conversation, "old")], later) == [Cold(conversation)]
    warm(journal, conversation, head=1, known=known)
    repeat, new = journal.write([say(conversation, "old"), say(conversation, "new")], later)
    assert stored(repeat).repeated
    assert stored(repeat).entries[0].id == first.id
    assert seq_of(new) == 2


def test_a_repeat_outranks_an_expectation(journal: Journal) -> None:
    conversation = begin(journal)
    journal.write([say(conversation, "k", act=0), act(conversation, "closed", 0)], NOW)
    (again,) = journal.write([say(conversation, "k", act=0)], NOW)
    assert stored(again).repeated
    assert seq_of(again) == 1


def test_an_act_moves_the_mark_and_later_expectations_are_refused(journal: Journal) -> None:
    conversation = begin(journal)
    accepted, second, word = journal.write(
        [
            act(conversation, "accepted", 0, b'{"status":"active"}'),
            act(conversation, "accepted", 0, b'{"status":"other"}'),
            say(conversation, "k", act=0),
        ],
        NOW,
    )
    assert seq_of(accepted) == 1
    now = Head(conversation, 1, 1, 1, b'{"status":"active"}')
    assert second == Refused(now) == word
    assert journal.heads([conversation])[conversation] == now
    assert seq_of(journal.write([say(conversation, "k", act=1)], NOW)[0]) == 2


def test_a_refusal_tells_how_it_stood_before_the_rest_of_the_batch(journal: Journal) -> None:
    conversation = begin(journal)
    refused, word = journal.write([say(conversation, act=9), say(conversation)], NOW)
    assert refused == Refused(Head(conversation, 0, 0, 0, STATE))
    assert seq_of(word) == 1


def test_the_human_mark_is_moved_by_agents_only(journal: Journal) -> None:
    conversation = begin(journal)
    agent = Append(conversation, (message(conversation, "agent"),), human=True)
    journal.write([say(conversation), agent, say(conversation)], NOW)
    head = journal.heads([conversation])[conversation]
    assert (head.head, head.act_seq, head.human_seq) == (3, 0, 2)
    refused, allowed = journal.write([say(conversation, "b", human=0), say(conversation, "b", human=2)], NOW)
    assert isinstance(refused, Refused)
    assert seq_of(allowed) == 4


def test_several_drafts_are_written_together_or_not_at_all(journal: Journal) -> None:
    conversation = begin(journal)
    both = Append(
        conversation, (event(conversation, "reopened"), message(conversation, "k")), None, b'{"n":1}', False
    )
    entries = stored(journal.write([both], NOW)[0]).entries
    assert [decode_entry(each.body).kind for each in entries] == ["event", "text"]
    assert [each.seq for each in entries] == [1, 2]
    assert journal.heads([conversation])[conversation] == Head(conversation, 2, 2, 0, b'{"n":1}')
    # The message was stored: neither it nor the event beside it comes again.
    (again,) = journal.write([both], NOW)
    assert again == Stored((entries[1],), repeated=True)
    refused = Append(conversation, both.drafts[:1], say(conversation, act=0).expect, b'{"n":2}')
    assert isinstance(journal.write([refused], NOW)[0], Refused)
    assert seqs(journal.read_after(conversation, 0, 10)) == [1, 2]


def test_warming_twice_changes_nothing(journal: Journal) -> None:
    conversation = new_id()
    known = [Known("k", 5, new_id(), NOW)]
    warm(journal, conversation, head=5, known=known)
    journal.write([say(conversation, "new")], NOW)
    warm(journal, conversation, head=5, known=[Known("other", 3, new_id(), NOW)])
    assert journal.heads([conversation])[conversation].head == 6
    assert [each.client_msg_id for each in journal.known(conversation)] == ["k", "new"]


def test_a_large_batch(journal: Journal) -> None:
    conversations = [begin(journal) for _ in range(7)]
    batch = [say(conversations[i % 7], new_id()) for i in range(4321)]
    outcomes = journal.write(batch, NOW)
    expected = [i // 7 + 1 for i in range(4321)]
    assert [seq_of(each) for each in outcomes] == expected
    again = journal.write(batch, NOW)
    assert [(stored(each).repeated, seq_of(each)) for each in again] == [(True, seq) for seq in expected]


def test_a_second_handle_sees_and_goes_on(journal: Journal, spec: str) -> None:
    conversation = begin(journal)
    fill(journal, conversation, 3)
    journal.write([say(conversation, "k")], NOW)
    other = open_journal(spec)
    try:
        assert seqs(other.read_after(conversation, 0, 10)) == [1, 2, 3, 4]
        repeat, new = other.write([say(conversation, "k"), say(conversation, "n")], NOW)
        assert (stored(repeat).repeated, seq_of(repeat), seq_of(new)) == (True, 4, 5)
    finally:
        other.close()
    assert seq_of(journal.write([say(conversation)], NOW)[0]) == 6


def test_closing_and_opening_again_loses_nothing(journal: Journal) -> None:
    conversation = begin(journal)
    journal.write([act(conversation, "accepted", 0, b'{"n":1}'), say(conversation, "k")], NOW)
    before = journal.read_after(conversation, 0, 10)
    journal.close()
    journal.open()
    assert journal.read_after(conversation, 0, 10) == before
    assert journal.heads([conversation])[conversation] == Head(conversation, 2, 1, 1, b'{"n":1}')
    assert stored(journal.write([say(conversation, "k")], NOW)[0]).repeated


def test_the_epoch_is_kept(journal: Journal, spec: str) -> None:
    assert journal.epoch() is None
    journal.set_epoch("abc")
    other = open_journal(spec)
    assert other.epoch() == "abc"
    other.set_epoch("def")
    other.close()
    assert journal.epoch() == "def"
    journal.check()
