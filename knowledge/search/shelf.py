"""Entries and texts as they lie in memory: one behind the other, read when they are wanted.

As Python objects 10,000 questions with another wording and an answer each take 20 MB, packed 4. An index that
answers looks at ten of them a search.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from knowledge.search.entry import Entry
from knowledge.text.numbered import Numbered

_read = msgspec.msgpack.Decoder(Entry)
_write = msgspec.msgpack.Encoder()
# Python hashes the bytes of a string: without a Latin letter in front 步 and "ek" have one hash.
_ASIDE = "i"


class Shelf:
    """Entries in their order, found by place or by id; never changed."""

    def __init__(self, packed: Iterable[bytes | memoryview]) -> None:
        """`packed`: entries as `pack` makes them, each id once. Raises `msgspec.DecodeError`."""
        joined, self._ends = bytearray(), array("I", [0])
        for one in packed:
            joined += one
            self._ends.append(len(joined))
        self._bytes = bytes(joined)
        self._ids = Numbered([_ASIDE + entry.id for entry in self])

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Shelf:
        """A shelf of these; of several with one id the last counts, in the place of the first."""
        return cls({entry.id: pack(entry) for entry in entries}.values())

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, place: int) -> Entry:
        return _read.decode(self.packed(place))

    def __iter__(self) -> Iterator[Entry]:
        return map(self.__getitem__, range(len(self)))

    def packed(self, place: int) -> memoryview:
        """The entry at this place as bytes of msgpack."""
        return memoryview(self._bytes)[self._ends[place] : self._ends[place + 1]]

    def find(self, name: str) -> Entry:
        """The entry of this id; raises KeyError."""
        place = int(self._ids.find((_ASIDE + name,))[0])
        if place < 0 or (entry := self[place]).id != name:
            raise KeyError(name)
        return entry


class Texts:
    """Strings by place; never changed. A string of ten Chinese characters takes 94 bytes as an object, here
    24.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        parts, self._ends = list(texts), array("I", [0])
        length = 0
        for part in parts:
            length += len(part)
            self._ends.append(length)
        self._joined = "".join(parts)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def at(self, places: Sequence[int]) -> list[str]:
        """Those at these places."""
        joined, ends = self._joined, self._ends
        return [joined[ends[place] : ends[place + 1]] for place in places]


def pack(entry: Entry) -> bytes:
    """The entry as bytes of msgpack, without what is as usual; "?" for half a character that JSON let in."""
    try:
        return _write.encode(entry)
    except UnicodeEncodeError:
        whole = {name: _whole(value) for name, value in msgspec.structs.asdict(entry).items()}
        return _write.encode(Entry(**whole))


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return tuple(map(_whole, value)) if isinstance(value, tuple) else value
