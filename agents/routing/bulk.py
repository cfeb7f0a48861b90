"""Many rows in one statement over one JSON text, on both databases, and several statements in one round trip.

Django's `bulk_update` builds a CASE for every row and `bulk_create` quotes an array for every column: with a
hundred waiting conversations that was half of the router's processor time. What then was left were the
statements themselves: Django makes the SQL of a query set anew each time (100 to 250 µs), and PostgreSQL
wakes up for each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from django.db import connection, models

_ENCODER: Final = msgspec.json.Encoder()
_Model = TypeVar("_Model", bound=models.Model)

Statement = tuple[str, list[Any]]
"""SQL with placeholders, and what they stand for. It returns no rows."""


def run(statements: Iterable[Statement]) -> None:
    """Carry these out in order: one round trip on PostgreSQL. Raises `IntegrityError` and its like."""
    wanted = list(statements)
    if not wanted:
        return
    together = connection.vendor == "postgresql" and not _binds_on_server()
    with connection.cursor() as cursor:
        if together:
            cursor.execute(
                ";\n".join(sql for sql, _ in wanted), [each for _, values in wanted for each in values]
            )
            return
        for sql, values in wanted:
            cursor.execute(sql, values)


def insert(rows: Sequence[models.Model], *, ignore_conflicts: bool = False) -> None:
    """Insert rows of one model, every column; nothing for no rows. Raises `IntegrityError`."""
    run(inserting(rows, ignore_conflicts=ignore_conflicts))


def inserting(rows: Sequence[models.Model], *, ignore_conflicts: bool = False) -> list[Statement]:
    """The statement of `insert`, none for no rows."""
    if not rows:
        return []
    model = type(rows[0])
    sql = _insert_sql(model, connection.vendor, ignore_conflicts)
    return [(sql, [_text(rows, _columns(model))])]


def update(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write these fields of rows of one model, found by primary key; rows that are gone are left out."""
    run(updating(rows, fields))


def updating(rows: Sequence[models.Model], fields: Sequence[str]) -> list[Statement]:
    """The statement of `update`, none for no rows."""
    if not rows:
        return []
    model = type(rows[0])
    columns = {field.name: field.attname for field in model._meta.concrete_fields}
    names = tuple(columns[name] for name in fields)
    sql = _update_sql(model, connection.vendor, names)
    return [(sql, [_text(rows, (model._meta.pk.attname, *names))])]


def deleting(model: type[models.Model], ids: Collection[UUID | str]) -> list[Statement]:
    """Delete rows by primary key: the statement, none for no ids. Nothing may refer to the model's rows."""
    if not ids:
        return []
    sql = f'DELETE FROM "{model._meta.db_table}" WHERE {among(model._meta.pk.attname)}'
    return [(sql, [ids_text(ids)])]


def locked(model: type[_Model], ids: Collection[UUID | str]) -> list[_Model]:
    """Lock rows until the transaction ends, in the order of their key, and read them."""
    if not ids:
        return []
    key = model._meta.pk.attname
    sql = f'{select(model)} WHERE {among(key)} ORDER BY "{key}" {for_update()}'
    return list(model._default_manager.raw(sql, [ids_text(ids)]))


def select(model: type[models.Model]) -> str:
    """`SELECT` of every column, for `raw`."""
    table = model._meta.db_table
    return f'SELECT {", ".join(_quoted(_columns(model)))} FROM "{table}"'


def for_update(how: str = "UPDATE", more: str = "") -> str:
    """The locking clause; SQLite has locked everything already."""
    return f"FOR {how} {more}" if connection.vendor == "postgresql" else ""


def among(column: str) -> str:
    """A condition: this column of ids is one of the parameter's, which `ids_text` makes."""
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s::uuid[])"
    return f"{column} IN (SELECT value FROM json_each(%s))"


def not_among(column: str) -> str:
    """The opposite of `among`."""
    if connection.vendor == "postgresql":
        return f"{column} <> ALL(%s::uuid[])"
    return f"{column} NOT IN (SELECT value FROM json_each(%s))"


def ids_text(ids: Iterable[UUID | str]) -> str:
    """What `among` is asked with."""
    if connection.vendor == "postgresql":
        return "{" + ",".join(map(str, ids)) + "}"
    return _ENCODER.encode([_id(each, True) for each in ids]).decode()


def _binds_on_server() -> bool:
    """Whether the driver prepares statements instead of filling values in; then they go one by one."""
    return bool(connection.settings_dict.get("OPTIONS", {}).get("server_side_binding"))


def _text(rows: Sequence[models.Model], names: Sequence[str]) -> str:
    ids = _ids(type(rows[0]))
    plain = connection.vendor == "sqlite"
    values = [
        {name: _id(row.__dict__[name], plain) if name in ids else row.__dict__[name] for name in names}
        for row in rows
    ]
    return _ENCODER.encode(values).decode()


def _id(value: UUID | str | None, plain: bool) -> str | None:
    """An id as the database keeps it: Django writes 32 hex digits into SQLite."""
    if value is None or not plain:
        return None if value is None else str(value)
    return value.hex if isinstance(value, UUID) else value.replace("-", "")


def _quoted(names: Iterable[str]) -> list[str]:
    return [f'"{name}"' for name in names]


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
    wanted = ", ".join(_quoted(names))
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
