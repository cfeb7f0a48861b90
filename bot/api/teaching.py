"""`intents/`, `rules/`: what operators teach, by REST. The back office keeps the same rows by hand."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers

from bot.api.keeping import Kept, kept, refused
from bot.learning.checks import MAX_EXAMPLE, MAX_EXAMPLES, MAX_LINES, check_cues, check_rule
from bot.learning.examples import put_examples
from bot.models import Endpoint, Intent, Rule, Slot
from chat import sites
from chat.ports import roster

__all__ = ("IntentView", "IntentsView", "RuleView", "RulesView")


class _Words(serializers.ListField):
    child = serializers.CharField(max_length=200)

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "max_length": MAX_LINES, **options})


class _Cues(serializers.ListField):
    child = serializers.CharField(max_length=500)

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=MAX_LINES, help_text="RE2.", **options)

    def to_internal_value(self, data: Any) -> list[Any]:
        """Patterns that can be compared."""
        try:
            return list(check_cues(super().to_internal_value(data)))
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.messages) from None


class _Examples(serializers.ListField):
    child = serializers.CharField(max_length=MAX_EXAMPLE)

    def to_representation(self, data: Any) -> list[Any]:
        """Rows as their texts."""
        return [row.text for row in data.all()]


class SlotSerializer(serializers.ModelSerializer[Slot]):
    """What has to be known before the intent can be carried out."""

    kinds = _Words(help_text="Entity types that fill it; empty: its name.")
    instead = _Words(help_text="Types that will do instead.")

    class Meta:
        model = Slot
        fields = ("name", "label", "label_en", "kinds", "instead", "prompt", "prompt_en", "free", "required")


class IntentSerializer(Kept):
    """An intent with its slots in their order and its examples; a list that is given is the whole one."""

    words = _Words()
    cues = _Cues()
    not_cues = _Cues()
    examples = _Examples(required=False, max_length=MAX_EXAMPLES)
    slots = SlotSerializer(many=True, required=False)
    endpoint = serializers.SlugRelatedField(
        slug_field="name", queryset=Endpoint.objects.all(), required=False, allow_null=True
    )

    class Meta:
        model = Intent
        fields = (
            "id", "site", "name", "title", "title_en", "words", "cues", "not_cues", "confirmation",
            "confirmation_en", "done", "done_en", "endpoint", "to_people", "group_id", "position", "enabled",
            "examples", "slots",
        )  # fmt: skip
        validators: tuple[Any, ...] = ()  # a name that is taken is a conflict, and the database knows

    def validate_slots(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Each once, not too many."""
        names = [slot["name"] for slot in value]
        if len(names) > 20 or len(set(names)) < len(names):
            raise serializers.ValidationError("At most 20 slots, each name once.")
        return value

    def validate(self, attrs: Any) -> Any:
        """A group there is."""
        attrs = super().validate(attrs)
        _check_group(attrs, self.instance)
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Intent:
        """The intent with its lists."""
        examples, slots = validated_data.pop("examples", []), validated_data.pop("slots", [])
        row = Intent.objects.create(**validated_data)
        return self._listed(row, examples, slots)

    def update(self, instance: Intent, validated_data: dict[str, Any]) -> Intent:
        """The intent as changed."""
        examples, slots = validated_data.pop("examples", None), validated_data.pop("slots", None)
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.save()
        return self._listed(instance, examples, slots)

    def _listed(self, row: Intent, examples: Any, slots: Any) -> Intent:
        if examples is not None:
            put_examples(row, examples)
        if slots is not None:
            row.slots.all().delete()
            Slot.objects.bulk_create(Slot(intent=row, position=at, **slot) for at, slot in enumerate(slots))
        fresh: Intent = _rows().get(pk=row.pk)
        return fresh  # what was read along before is of yesterday


class RuleSerializer(Kept):
    """A rule. `conditions`: page, hours, weekdays, languages, attributes, min_priority; all must hold."""

    expressions = _Words(
        required=True, min_length=1, max_length=200, child=serializers.CharField(max_length=500)
    )
    conditions = serializers.DictField(required=False)

    class Meta:
        model = Rule
        fields = (
            "id", "site", "name", "kind", "expressions", "conditions", "answer", "to_people", "group_id",
            "priority", "enabled",
        )  # fmt: skip

    def validate(self, attrs: Any) -> Any:
        """As a whole it can be compared."""
        attrs = super().validate(attrs)
        _check_group(attrs, self.instance)
        fields = {name: getattr(self.instance, name) for name in self.Meta.fields} if self.instance else {}
        fields.pop("site", None)
        tried = Rule(**{**fields, **{name: value for name, value in attrs.items() if name != "site"}})
        try:
            check_rule(tried)
        except DjangoValidationError as error:
            raise refused(error) from None
        return attrs


def _check_group(attrs: dict[str, Any], row: Any) -> None:
    group = attrs.get("group_id")
    if group is None:
        return
    site = attrs.get("site_id") or (attrs["site"].pk if attrs.get("site") else None) or (row and row.site_id)
    at = [str(site)] if site else sorted(sites.all_ids())
    if not any(roster().groups_named([str(group)], each) for each in at):
        raise serializers.ValidationError({"group_id": "No such group at this site."})


def _rows() -> Any:
    return Intent.objects.select_related("endpoint", "site").prefetch_related("slots", "examples")


IntentsView, IntentView = kept(
    "intent", "intents", IntentSerializer,
    _rows,
    "Those of every site and of the caller's sites, with slots and examples.",
)  # fmt: skip
RulesView, RuleView = kept(
    "rule", "rules", RuleSerializer, lambda: Rule.objects.all(),
    "Those of every site and of the caller's sites.",
)  # fmt: skip
