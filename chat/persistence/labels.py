"""Labels of a log's last `labels` act as rows, so that lists can be filtered by them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chat.models import Conversation, Label
from chat.persistence.projection import Row, state_of


def label(rows: Sequence[Row]) -> None:
    """Make the labels of these conversations what their states say; call it inside a transaction.

    A label that was deleted meanwhile is left out: the log keeps its name.
    """
    if not rows:
        return
    wanted = {UUID(row.id): {id_ for each in state_of(row).labels if (id_ := _uuid(each.id))} for row in rows}
    known = Label.objects.filter(pk__in=set[UUID]().union(*wanted.values())).order_by("pk")
    present = set(known.select_for_update(no_key=True).values_list("pk", flat=True))
    through = Conversation.labels.through
    through._default_manager.filter(conversation_id__in=wanted).delete()
    through._default_manager.bulk_create(
        [
            through(conversation_id=conversation, label_id=label_id)
            for conversation, labels in wanted.items()
            for label_id in sorted(labels & present)
        ],
        ignore_conflicts=True,
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except (ValueError, AttributeError, TypeError):
        return None
