"""Entries and texts packed one behind the other come out as they went in."""

import pytest

from knowledge.search import Entry
from knowledge.search.shelf import Shelf, Texts

ENTRIES = [
    Entry("步", question="几天到？", similar=("多久到", "When?"), answer="三天", site="s", language="zh"),
    Entry(
        "ek", question="How long? 😀", valid_from=3, valid_to=2**50, source={"kind": "question", "id": "1"}
    ),
    Entry("c", kind="passage", title="Terms", answer="…", answer_card={"choices": ["yes", "no"]}),
]


def test_entries_come_out_as_they_went_in_by_place_and_by_id() -> None:
    shelf = Shelf.of(ENTRIES)
    assert list(shelf) == ENTRIES and len(shelf) == 3 and shelf[2] == ENTRIES[2]
    # Python gives the first two ids the same hash.
    assert [shelf.find(entry.id) for entry in ENTRIES] == ENTRIES
    with pytest.raises(KeyError):
        shelf.find("d")


def test_what_was_packed_makes_the_same_shelf() -> None:
    shelf = Shelf.of(ENTRIES)
    assert list(Shelf(shelf.packed(place) for place in range(3))) == ENTRIES
    with pytest.raises(KeyError):
        Shelf.of([]).find("c")


def test_the_last_of_two_with_one_id_stands_in_the_place_of_the_first() -> None:
    again = Entry("步", question="changed")
    assert list(Shelf.of([*ENTRIES, again])) == [again, *ENTRIES[1:]]


def test_half_a_character_is_a_question_mark() -> None:
    (entry,) = Shelf.of([Entry("a", question="到\ud83d", similar=("\ude00",))])
    assert (entry.question, entry.similar) == ("到?", ("?",))


def test_texts_come_out_by_place() -> None:
    texts = Texts(iter(["退款", "", "refund", "😀多久"]))
    assert len(texts) == 4
    assert texts.at([3, 0, 1, 2, 0]) == ["😀多久", "退款", "", "refund", "退款"]
