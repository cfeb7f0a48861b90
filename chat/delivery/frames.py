"""One stored entry on its way out: encoded at most once per form and reader, however many connections take
it.
"""

from __future__ import annotations

from typing import Final

from chat.protocol.entry import Entry, HiddenEntry, decode_entry, encode_entry, is_internal
from chat.protocol.json_form import JsonForm
from chat.visibility import public

# An entry with neither attachment nor card nor event. Inside a JSON string the quotes would be escaped, and
# a card that imitates this makes "card" itself not null, so the bytes can only be the entry's own.
_PLAIN: Final = b'"attachment":null,"card":null,"event":null,'


class Delivery:
    """An entry for many readers. Frames are made when first asked for and kept: (form, may see internal) →
    bytes.
    """

    __slots__ = (
        "_binary", "_entry", "_json", "_public_binary", "_public_json",
        "body", "conversation", "origin", "plain", "seq",
    )  # fmt: skip

    def __init__(self, conversation: str, seq: int, body: bytes, origin: object | None = None) -> None:
        self.conversation = conversation
        self.seq = seq
        self.body = body
        self.origin = origin
        self.plain = _PLAIN in body
        self._entry: Entry | HiddenEntry | None = None
        self._json: bytes | None = None
        self._binary: bytes | None = None
        self._public_json: bytes | None = None
        self._public_binary: bytes | None = None

    @classmethod
    def of(cls, entry: Entry | HiddenEntry) -> Delivery:
        """A delivery of an entry read from history, which masked and signed it already."""
        delivery = cls(entry.conversation, entry.seq, b"")
        delivery._entry = entry
        return delivery

    @property
    def entry(self) -> Entry | HiddenEntry:
        """The decoded entry, attachment URLs signed."""
        if self._entry is None:
            self._entry = dressed(decode_entry(self.body))
        return self._entry

    def json(self, internal: bool) -> bytes:
        """The `message` frame as JSON; `internal` readers see notes."""
        if self.plain:
            if self._json is None:
                self._json = JsonForm.message(self.body)
            return self._json
        entry = self.entry
        shown = entry if internal else open_to_visitors(entry)
        if shown is entry:
            if self._json is None:
                self._json = JsonForm.message(encode_entry(entry))
            return self._json
        if self._public_json is None:
            self._public_json = JsonForm.message(encode_entry(shown))
        return self._public_json

    def binary(self, internal: bool) -> bytes:
        """The `message` frame as MessagePack."""
        from chat.protocol.binary_form import encode_message

        entry = self.entry
        shown = entry if internal else open_to_visitors(entry)
        if shown is entry:
            if self._binary is None:
                self._binary = encode_message(entry)
            return self._binary
        if self._public_binary is None:
            self._public_binary = encode_message(shown)
        return self._public_binary


def open_to_visitors(entry: Entry | HiddenEntry) -> Entry | HiddenEntry:
    """What visitors get of an entry; the very same when there is nothing to keep from them."""
    if isinstance(entry, HiddenEntry):
        return entry
    if is_internal(entry):
        return HiddenEntry(entry.conversation, entry.id, entry.seq)
    return public(entry)


def dressed(entry: Entry) -> Entry:
    """The entry with fresh signed URLs on its attachment."""
    if entry.attachment is None:
        return entry
    import msgspec

    from chat.uploads.signing import sign_attachment

    return msgspec.structs.replace(entry, attachment=sign_attachment(entry.attachment))
