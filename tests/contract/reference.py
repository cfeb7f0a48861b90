"""Every frame that a server sends to the suite is held to docs/asyncapi.yaml."""

from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

_FILE = Path(__file__).resolve().parents[2] / "docs" / "asyncapi.yaml"


@cache
def _validators() -> dict[str, Any]:
    reference = yaml.safe_load(_FILE.read_text())
    components = reference["components"]
    validators = {}
    for sent in reference["operations"]["sendFrames"]["messages"]:
        message = components["messages"][sent["$ref"].rsplit("/", 1)[1]]
        validators[message["name"]] = jsonschema_rs.Draft202012Validator(
            {**message["payload"], "components": components}
        )
    return validators


def check(frame: dict[str, Any]) -> None:
    """AssertionError unless the frame is one that the reference describes."""
    validator = _validators().get(frame["type"])
    assert validator is not None, f"the reference knows no {frame['type']!r}"
    for error in validator.iter_errors(frame):
        raise AssertionError(f"{frame}: {error.message}")
