"""Adding to counters in one statement, whoever else adds to the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models


def add(
    model: type[models.Model],
    rows: Sequence[Mapping[str, Any]],
    unique: Sequence[str],
    counters: Sequence[str],
    latest: Sequence[str] = (),
) -> None:
    """Store rows of a model, each given by the same fields; where one stands already with the same `unique`
    fields, its `counters` grow by the new ones and `latest` take the new values.

    No two of the rows may be the same in `unique`. Raises `django.db.DatabaseError`.
    """
    if not rows:
        return
    quoted = connection.ops.quote_name
    fields: list[models.Field[Any, Any]] = [model._meta.get_field(name) for name in rows[0]]  # type: ignore[misc]
    column = {field.name: quoted(str(field.column)) for field in fields}
    table = quoted(model._meta.db_table)
    changes = [f"{column[name]} = {table}.{column[name]} + excluded.{column[name]}" for name in counters]
    changes += [f"{column[name]} = excluded.{column[name]}" for name in latest]
    # In one order, so two processes do not wait for each other in a circle.
    ordered = sorted(rows, key=lambda row: [str(row[name]) for name in unique])
    place = f"({', '.join(['%s'] * len(fields))})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(column.values())}) VALUES {', '.join([place] * len(ordered))} "
            f"ON CONFLICT ({', '.join(column[name] for name in unique)}) DO UPDATE SET {', '.join(changes)}",
            [field.get_db_prep_save(row[field.name], connection) for row in ordered for field in fields],
        )
