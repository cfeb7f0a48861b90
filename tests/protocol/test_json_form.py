"""Frames as JSON: what is parsed, what is refused, what is spliced (section 3)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.errors import CODES
from chat.protocol import json_form
from chat.protocol.commands import CLIENT_FRAMES, FrameError, SendPayload
from chat.protocol.content import check_content, check_storable
from chat.protocol.entry import Entry, Sender, decode_entry, encode_unnumbered, new_id, number
from chat.protocol.json_form import JsonForm


def test_the_clients_frames_are_those_of_the_contract() -> None:
    assert set(CLIENT_FRAMES) == {
        "hello", "message.send", "subscribe", "unsubscribe", "receipt", "typing", "viewing", "token", "ping",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad_frame"),
        ("[" * 100_000, "bad_frame"),
        ('{"type":"ping","payload":' + '{"a":' * 20_000 + "1" + "}" * 20_000 + "}", "bad_frame"),
        ('{"type":"x"}', "unknown_type"),
        ('{"type":"typing","payload":{"conversation":"c","on":1}}', "invalid"),
        ('{"type":"hello","payload":{"token":"t","resume":{"c":' + "9" * 30 + "}}}", "invalid"),
    ],
)
def test_what_is_refused_names_its_code(text: str, code: str) -> None:
    with pytest.raises(FrameError) as refused:
        json_form.parse(text)
    assert refused.value.code == code and code in CODES


def test_a_refusal_never_quotes_what_was_sent() -> None:
    secret = "hunter2-correct-horse"
    for payload in ({"conversation": secret, "on": secret}, {"conversation": [secret]}, {secret: 1}):
        with pytest.raises(FrameError) as refused:
            json_form.parse(json.dumps({"type": "typing", "payload": payload}))
        assert secret not in refused.value.message


@given(st.text() | st.binary())
def test_parsing_anything_raises_nothing_but_frame_errors(data: str | bytes) -> None:
    with pytest.raises(FrameError):
        json_form.parse(data)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.sampled_from(sorted(CLIENT_FRAMES)), VALUES, VALUES)
def test_any_payload_is_a_command_or_a_frame_error(kind: str, payload: Any, ref: Any) -> None:
    try:
        incoming = json_form.parse(json.dumps({"type": kind, "payload": payload, "ref": ref}))
    except FrameError as error:
        assert error.code in ("bad_frame", "invalid")
    else:
        assert isinstance(incoming.command, CLIENT_FRAMES[kind])


@given(st.text(min_size=1), st.text(max_size=64), st.integers(1, 2**53), st.integers(0, 2**53))
def test_numbering_splices_what_encoding_would_have_written(text: str, key: str, seq: int, at: int) -> None:
    entry = Entry(new_id(), new_id(), 0, key, Sender("visitor", new_id(), text), "text", text)
    body = number(encode_unnumbered(entry), seq, at)
    numbered = decode_entry(body)
    assert (numbered.seq, numbered.created_at, numbered.text) == (seq, at, text)
    assert list(json.loads(body)) == [
        "conversation", "id", "seq", "client_msg_id", "sender", "kind", "text", "attachment", "card", "event",
        "reply_to", "created_at",
    ]  # fmt: skip
    assert json.loads(JsonForm.message(body))["payload"] == json.loads(body)


@given(
    st.recursive(
        st.integers() | st.floats() | st.text() | st.none(),
        lambda i: st.lists(i) | st.dictionaries(st.text(), i),
    )
)
def test_a_card_that_passes_can_be_carried_by_both_forms(value: Any) -> None:
    import msgspec

    from chat.errors import KefuError

    command = SendPayload("c", "i", "card", card={"v": value})
    try:
        check_content(command)
    except KefuError as error:
        assert error.code == "invalid"
    else:
        assert msgspec.json.encode(command.card) and msgspec.msgpack.encode(command.card)


@pytest.mark.parametrize(
    ("text", "fine"),
    [("a", True), ("\\u0000", True), ("\\\\u0000", True), ("\x00", False), ("\\\x00", False)],
)
def test_nul_is_found_and_its_spelling_is_not(text: str, fine: bool) -> None:
    from chat.errors import KefuError

    raw = encode_unnumbered(Entry(new_id(), new_id(), 0, "k", Sender("system"), "text", text))
    if fine:
        check_storable(raw)
    else:
        with pytest.raises(KefuError):
            check_storable(raw)
