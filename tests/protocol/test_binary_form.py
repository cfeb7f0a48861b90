"""The binary form against the text of the contract (section 7): shapes, sizes, and what is refused."""

import json
import os
from typing import Any

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from chat.delivery.frames import Delivery
from chat.protocol import binary_form, json_form
from chat.protocol.binary_form import BinaryForm
from chat.protocol.commands import FrameError
from chat.protocol.entry import Entry, Event, HiddenEntry, Sender, encode_unnumbered, new_id, number
from chat.protocol.json_form import JsonForm
from tests.contract import binary

LATIN = "The parcel left our house on Monday and should be with you."
CHINESE = (
    "您好，您的包裹已于周一从我们的仓库发出，预计将在三个工作日内送达，"
    "请您保持电话畅通，如有任何问题请随时联系我们的客服人员，谢谢。"
)


def delivery(text: str) -> Delivery:
    """A visitor's text as delivery has it: ids are UUIDs, as our own clients make them."""
    sender = Sender("visitor", new_id(), "Visitor")
    entry = Entry(new_id(), new_id(), 0, new_id(), sender, "text", text)
    return Delivery(entry.conversation, 42, number(encode_unnumbered(entry), 42, 1_700_000_000_000))


@pytest.mark.parametrize("text", [LATIN + ".", CHINESE[:60]], ids=["latin", "chinese"])
def test_a_message_of_60_characters_is_40_percent_smaller(text: str) -> None:
    assert len(text) == 60
    sent = delivery(text)
    as_json, as_binary = sent.json(internal=False), sent.binary(internal=False)
    assert len(as_binary) <= 0.6 * len(as_json), (len(as_binary), len(as_json))
    decoded = binary.decode(as_binary)
    assert decoded["payload"] == json.loads(as_json)["payload"]


def test_both_forms_say_the_same_of_every_kind_of_entry() -> None:
    conversation, person = new_id(), new_id()
    entries: list[Entry | HiddenEntry] = [
        Entry(conversation, new_id(), 1, "a", Sender("agent", person, "小红"), "text", "x", reply_to=3),
        Entry(
            conversation,
            new_id(),
            2,
            "b",
            Sender("bot", person, None),
            "card",
            card={"数": [1, None, {"a": 2.5}]},
        ),
        Entry(
            conversation,
            new_id(),
            3,
            None,
            Sender("system"),
            "event",
            event=Event("closed", {"by": {"id": "x"}}),
        ),
        HiddenEntry(conversation, new_id(), 4),
    ]
    for entry in entries:
        sent = Delivery.of(entry)
        decoded = binary.decode(sent.binary(internal=True))
        assert decoded["payload"] == json.loads(sent.json(internal=True))["payload"]


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("receipt", {"conversation": new_id(), "delivered": 3, "read": None}),
        ("typing", {"conversation": new_id(), "on": True, "preview": "字"}),
        ("pong", {"heads": {new_id(): 7}}),
        ("error", {"code": "invalid", "message": "m", "retryable": False, "retry_after_s": None}),
        ("welcome", {"session": new_id(), "conversations": []}),
        ("resumed", {"conversation": new_id(), "head": 3}),
    ],
)
def test_other_frames_say_the_same_in_both_forms(kind: str, payload: dict[str, Any]) -> None:
    if kind in ("receipt", "typing"):
        payload = {**payload, "sender": {"kind": "agent", "id": new_id()}}
    in_binary = binary.decode(BinaryForm.frame(kind, payload, "a ref"))
    in_json = json.loads(JsonForm.frame(kind, payload, "a ref"))
    assert {**in_binary, "timestamp": 0} == {**in_json, "timestamp": 0}


def test_an_ack_is_the_same_in_both_forms() -> None:
    for ref, key in [(None, "plain"), ("r", new_id()), (new_id(), 'q"uote\\ 字')]:
        arguments = (ref, new_id(), key, new_id(), 9, 1_700_000_000_000)
        in_binary, in_json = binary.decode(BinaryForm.ack(*arguments)), json.loads(JsonForm.ack(*arguments))
        assert {**in_binary, "timestamp": 0} == {**in_json, "timestamp": 0}


def test_clients_frames_mean_the_same_in_both_forms() -> None:
    conversation = new_id()
    frames: list[dict[str, Any]] = [
        {
            "type": "message.send",
            "ref": "r1",
            "payload": {"conversation": conversation, "client_msg_id": new_id(), "kind": "text", "text": "x"},
        },
        {
            "type": "message.send",
            "payload": {
                "conversation": conversation, "client_msg_id": "c", "kind": "card", "card": {"a": [1]},
                "reply_to": 2,
            },
        },
        {"type": "receipt", "payload": {"conversation": conversation, "delivered": 2, "read": 1}},
        {"type": "typing", "payload": {"conversation": conversation, "on": True, "preview": "x"}},
        {"type": "ping", "ref": new_id(), "payload": {}},
        {"type": "hello", "payload": {"token": "t", "resume": {conversation: 4}, "features": ["zstd"]}},
        {"type": "subscribe", "payload": {"conversation": conversation, "after_seq": 0}},
        {"type": "token"},
    ]  # fmt: skip
    for frame in frames:
        packed = binary.encode(frame)
        meant = json_form.parse(json.dumps(frame))
        assert binary_form.parse(packed) == meant
        assert binary_form.parse(binary.compress(packed)) == meant


def test_zstd_is_level_6_with_a_checksum_and_bounded() -> None:
    frame = BinaryForm.frame("error", {"message": "x" * 600})
    packed = binary_form.compress(frame)
    assert packed.startswith(binary.ZSTD_MAGIC)
    parameters = zstandard.get_frame_parameters(packed)
    assert parameters.has_checksum and parameters.content_size == len(frame)
    assert binary_form.decompress(packed) == frame
    full = os.urandom(65_536)
    assert binary_form.decompress(binary.compress(full)) == full
    with pytest.raises(FrameError) as refused:
        binary_form.decompress(binary.compress(full + b"x"))
    assert refused.value.code == "too_large"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(0, 9), inner),
    max_leaves=20,
)


@given(
    st.binary(max_size=200)
    | ANYTHING.map(msgspec.msgpack.encode)
    | ANYTHING.map(msgspec.msgpack.encode).map(binary.compress)
)
def test_parsing_anything_binary_raises_nothing_but_frame_errors(data: bytes) -> None:
    try:
        incoming = binary_form.parse(data)
    except FrameError as error:
        assert error.code in ("bad_frame", "unknown_type", "invalid", "too_large")
    else:
        assert incoming.type


@given(st.integers(0, 8), st.lists(ANYTHING, max_size=9))
def test_parsing_any_array_raises_nothing_but_frame_errors(code: int, fields: list[Any]) -> None:
    try:
        binary_form.parse(msgspec.msgpack.encode([code, *fields]))
    except FrameError as error:
        assert error.code in ("bad_frame", "unknown_type", "invalid", "too_large")
