"""The written references say what the code does: every frame, every error code, every close code."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from chat.errors import CODES
from chat.protocol import binary_form, json_form
from chat.protocol.commands import CLIENT_FRAMES
from tests.contract import binary

ROOT = Path(__file__).resolve().parents[2]
SERVER_FRAMES = {
    "welcome", "message.ack", "message", "message.partial", "receipt", "typing", "conversation", "resumed",
    "resync", "token", "pong", "error", "conversation.gone", "presence", "viewing", "rights",
}  # fmt: skip


@cache
def reference() -> dict[str, Any]:
    """docs/asyncapi.yaml."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "asyncapi.yaml").read_text())
    return loaded


@cache
def prose() -> str:
    """docs/protocol.md."""
    return (ROOT / "docs" / "protocol.md").read_text()


def operation(name: str) -> list[str]:
    """Keys in components.messages of what an operation carries."""
    paths = [each["$ref"].rsplit("/", 1)[1] for each in reference()["operations"][name]["messages"]]
    channel = reference()["channels"]["socket"]["messages"]
    return [channel[path]["$ref"].rsplit("/", 1)[1] for path in paths]


def messages() -> list[str]:
    """Every message's key."""
    return sorted(reference()["components"]["messages"])


def check(message: str, frame: Any) -> None:
    """Raise `jsonschema_rs.ValidationError` unless the frame fits the message's schema."""
    schema = {
        **reference()["components"]["messages"][message]["payload"],
        "components": reference()["components"],
    }
    jsonschema_rs.Draft202012Validator(schema).validate(frame)


def test_every_frame_of_the_code_is_described() -> None:
    known = reference()["components"]["messages"]
    assert {known[key]["name"] for key in operation("takeFrames")} == set(CLIENT_FRAMES)
    assert {known[key]["name"] for key in operation("sendFrames")} == SERVER_FRAMES
    assert set(operation("takeFrames")) | set(operation("sendFrames")) == set(messages())
    for name in {*CLIENT_FRAMES, *SERVER_FRAMES}:
        assert f"`{name}`" in prose(), name


def test_the_server_sends_no_frame_that_is_not_described() -> None:
    sent = set()
    for path in (ROOT / "chat").rglob("*.py"):
        sent |= set(re.findall(r"\.(?:frame|signal)\(\s*\"([a-z.]+)\"", path.read_text()))
        sent |= set(re.findall(r"Signal\([^\"()]*,\s*\"([a-z.]+)\"", path.read_text()))
    assert {"welcome", "pong", "typing", "receipt"} <= sent <= SERVER_FRAMES, sent


def test_every_error_code_is_described() -> None:
    assert set(reference()["components"]["schemas"]["ErrorCode"]["enum"]) == set(CODES)
    for code, (status, retryable) in CODES.items():
        assert f"| `{code}` | {status} | {'yes' if retryable else 'no'} |" in prose(), code


def test_every_close_code_is_described() -> None:
    used = set()
    for path in (ROOT / "chat" / "realtime").glob("*.py"):
        used |= set(re.findall(r"\b(4[45]\d\d|1012)\b", path.read_text()))
    assert {"4401", "4403", "4408", "4413", "4429", "4508", "1012"} <= used
    for code in used:
        assert f"| {code} |" in prose(), code


@pytest.mark.parametrize("message", messages())
def test_examples_fit_their_schemas(message: str) -> None:
    examples = reference()["components"]["messages"][message]["examples"]
    assert examples
    for example in examples:
        check(message, example["payload"])


@pytest.mark.parametrize("message", operation("takeFrames"))
def test_the_code_takes_the_clients_examples_in_both_forms(message: str) -> None:
    import json

    for example in reference()["components"]["messages"][message]["examples"]:
        incoming = json_form.parse(json.dumps(example["payload"]))
        assert incoming.type == example["payload"]["type"]
        assert binary_form.parse(binary.encode(example["payload"])) == incoming


def test_a_schema_refuses_what_the_code_refuses() -> None:
    wrong: list[tuple[str, Any]] = [
        ("hello", {"type": "hello", "payload": {}}),
        ("messageSend", {"type": "message.send", "payload": {"conversation": "c", "kind": "text"}}),
        ("clientTyping", {"type": "typing", "payload": {"conversation": "c", "on": "yes"}}),
        ("message", {"type": "message", "timestamp": 1, "payload": {"conversation": "c", "kind": "text"}}),
        (
            "error",
            {"type": "error", "timestamp": 1, "payload": {"code": "new", "message": "", "retryable": True}},
        ),
    ]
    for message, frame in wrong:
        with pytest.raises(jsonschema_rs.ValidationError):
            check(message, frame)


def test_references_inside_the_file_lead_somewhere() -> None:
    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "$ref" in value:
                found: Any = reference()
                for part in value["$ref"].removeprefix("#/").split("/"):
                    found = found[part]
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    def keys(value: Any) -> None:
        if isinstance(value, dict):
            assert all(isinstance(key, str) for key in value), "YAML took a key for a boolean: quote it"
            for inner in value.values():
                keys(inner)

    walk(reference())
    keys(reference())
    assert reference()["asyncapi"].startswith("3.")
