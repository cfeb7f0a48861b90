"""Input fields with the limits of the contract: bounded text, http(s) links, small JSON objects."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from chat import sites

MAX_ATTRIBUTES: Final = 50
MAX_ATTRIBUTES_BYTES: Final = 8 * 1024
MAX_SEQ: Final = 2**53 - 1


class Text(serializers.CharField):
    """Optional bounded text: absent, null and "" all mean nothing."""

    def __init__(self, max_length: int, **options: Any) -> None:
        super().__init__(
            max_length=max_length, **{"required": False, "allow_null": True, "allow_blank": True, **options}
        )


class WebAddress(Text):
    """Optional http(s) link."""

    def to_internal_value(self, data: Any) -> str:
        """Refuse other schemes: the console shows these as links and pictures."""
        value = super().to_internal_value(data)
        if value and not value.lower().startswith(("http://", "https://")):
            raise serializers.ValidationError("Only http and https addresses are taken.")
        return value


@extend_schema_field({"type": "object", "maxProperties": MAX_ATTRIBUTES, "additionalProperties": True})
class Attributes(serializers.DictField):
    """What a site wants its agents to see about a visitor: at most 50 keys of 100 characters, 8 KB
    altogether.
    """

    def to_internal_value(self, data: Any) -> dict[Any, Any]:
        """The object, when it is small enough."""
        if not isinstance(data, dict):
            self.fail("not_a_dict", input_type=type(data).__name__)
        if len(data) > MAX_ATTRIBUTES or any(len(str(key)) > 100 for key in data):
            raise serializers.ValidationError(f"At most {MAX_ATTRIBUTES} keys of 100 characters.")
        if len(msgspec.json.encode(data)) > MAX_ATTRIBUTES_BYTES:
            raise serializers.ValidationError(f"At most {MAX_ATTRIBUTES_BYTES} bytes of JSON.")
        return dict(data)


class Origin(serializers.CharField):
    """scheme://host[:port] of a page, normalised."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=300, **options)

    def to_internal_value(self, data: Any) -> str:
        """The origin as browsers send it."""
        try:
            return sites.normal_origin(super().to_internal_value(data))
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from None


class Seq(serializers.IntegerField):
    """A sequence number; JSON numbers are exact up to 2^53."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": MAX_SEQ, **options})
