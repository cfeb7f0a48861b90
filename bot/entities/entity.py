"""What an entity is, and the text its finders read."""

from datetime import datetime

import msgspec

from knowledge.text import fold

# A message of the wire has at most 8,000 characters; nothing behind that is read.
MAX_LENGTH = 8_000
# What stands in place of characters another entity already owns: no pattern matches it.
TAKEN = "\x00"
# Chinese punctuation says where a thing ends; NFKC would make "300，400" one number of it.
_KEPT = "，！？；（）【】"
_DASHES = "—–‐‑‒―−ー"


class Entity(msgspec.Struct, frozen=True):
    """A thing that was named: `value` as written, `normalized` in one notation, `start` and `end` in the
    text.

    Notations: phone digits only (a foreign one with "+"), e-mail lower-case, id_card with "X", order_id and
    tracking_no upper-case without spaces, date YYYY-MM-DD, time HH:MM (24 hours), money a plain decimal
    without trailing zeros, address and url as written.
    """

    type: str
    value: str
    normalized: str
    start: int
    end: int


class Found(msgspec.Struct, frozen=True):
    """A finding in the plain text, before it is cut from the original."""

    type: str
    start: int
    end: int
    normalized: str


class Reading:
    """A text while it is read: `plain` has one character for each original one, `free` lacks what is
    taken."""

    def __init__(self, text: str, now: datetime) -> None:
        self.original = text[:MAX_LENGTH]
        self.plain = self.original.translate(_TABLE)
        self.free = self.plain
        self.now = now
        self.found: list[Found] = []
        self.has_digit = any("0" <= character <= "9" for character in self.plain)

    def take(self, found: Found) -> None:
        """Keep a finding, and hide its characters from those who read later."""
        self.found.append(found)
        self.free = self.free[: found.start] + TAKEN * (found.end - found.start) + self.free[found.end :]

    def before(self, position: int, length: int = 8) -> str:
        """The plain text in front of `position`, at most `length` characters."""
        return self.plain[max(0, position - length) : position]

    def after(self, position: int, length: int = 8) -> str:
        """The plain text from `position` on, at most `length` characters."""
        return self.plain[position : position + length]

    def entities(self) -> list[Entity]:
        """What was taken, in the order of the text."""
        return [
            Entity(item.type, self.original[item.start : item.end], item.normalized, item.start, item.end)
            for item in sorted(self.found, key=lambda item: (item.start, item.end))
        ]


class _Plain(dict[int, str]):
    """Simplified, half-width, lower-case, one character for one, so that positions stay."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if character in _KEPT:
            plain = character
        elif character in _DASHES:
            plain = "-"
        else:
            plain = fold(character)
            if len(plain) != 1:
                plain = character if plain else " "
        if len(self) < 60_000:
            self[code] = plain
        return plain


_TABLE = _Plain()
