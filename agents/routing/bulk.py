"""Many rows in one statement over one JSON text, on both databases.

Django's `bulk_update` builds a CASE for every row and `bulk_create` quotes an array for every column: with a
hundred waiting conversations that was half of the router's processor time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final
from uuid import UUID

import msgspec
from django.db import connection, models

_ENCODER: Final = msgspec.json.Encoder()


def insert(rows: Sequence[models.Model], *, ignore_conflicts: bool = False) -> None:
    """Insert rows of one model, every column; nothing for no rows. Raises `IntegrityError`."""
    if not rows:
        return
    _run(_insert_sql(type(rows[0]), connection.vendor, ignore_conflicts), rows, _columns(type(rows[0])))


def update(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write these fields of rows of one model, found by primary key; rows that are gone are left out."""
    if not rows:
        return
    model = type(rows[0])
    columns = {field.name: field.attname for field in model._meta.concrete_fields}
    names = tuple(columns[name] for name in fields)
    key = model._meta.pk.attname
    _run(_update_sql(model, connection.vendor, names), rows, (key, *names))


def _run(sql: str, rows: Sequence[models.Model], names: Sequence[str]) -> None:
    ids = _ids(type(rows[0]))
    plain = connection.vendor == "sqlite"
    values = [
        {name: _id(getattr(row, name), plain) if name in ids else getattr(row, name) for name in names}
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, [_ENCODER.encode(values).decode()])


def _id(value: UUID | str | None, plain: bool) -> str | None:
    """An id as the database keeps it: Django writes 32 hex digits into SQLite."""
    if value is None or not plain:
        return None if value is None else str(value)
    return value.hex if isinstance(value, UUID) else value.replace("-", "")


@cache
def _ids(model: type[models.Model]) -> frozenset[str]:
    """The columns that hold UUIDs."""
    found = set()
    for field in model._meta.concrete_fields:
        target = field.target_field if isinstance(field, models.ForeignKey) else field
        if isinstance(target, models.UUIDField):
            found.add(field.attname)
    return frozenset(found)


@cache
def _columns(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)


@cache
def _insert_sql(model: type[models.Model], vendor: str, ignore_conflicts: bool) -> str:
    names = _columns(model)
    wanted = ", ".join(f'"{name}"' for name in names)
    conflict = "ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    source = _source(model, vendor, names)
    return (
        f'INSERT INTO "{model._meta.db_table}" ({wanted}) SELECT {wanted} FROM {source} WHERE true {conflict}'
    )


@cache
def _update_sql(model: type[models.Model], vendor: str, names: tuple[str, ...]) -> str:
    key = model._meta.pk.attname
    table = model._meta.db_table
    changes = ", ".join(f'"{name}" = v."{name}"' for name in names)
    source = _source(model, vendor, (key, *names))
    return f'UPDATE "{table}" SET {changes} FROM {source} WHERE "{table}"."{key}" = v."{key}"'


def _source(model: type[models.Model], vendor: str, names: Sequence[str]) -> str:
    """The JSON's rows as a table named v; the parameter is the text."""
    if vendor == "sqlite":
        picked = ", ".join(f"json_extract(value, '$.{name}') AS \"{name}\"" for name in names)
        return f"(SELECT {picked} FROM json_each(%s)) AS v"
    types = {}
    for field in model._meta.concrete_fields:
        is_key = isinstance(field, models.ForeignKey)
        types[field.attname] = field.rel_db_type(connection) if is_key else field.db_type(connection)
    typed = ", ".join(f'"{name}" {types[name]}' for name in names)
    return f"jsonb_to_recordset(%s::jsonb) AS v({typed})"
