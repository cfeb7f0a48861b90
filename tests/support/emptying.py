"""Tables emptied after a transactional test: those that have rows, and nothing is made anew.

Django's flush truncates every table, which makes PostgreSQL write some two hundred files, and then fills in
content types and permissions again: half a second for each of hundreds of tests.
"""

from __future__ import annotations

from typing import Any, Final

from django.db import connection
from django.test import TransactionTestCase

KEPT: Final = frozenset({"django_migrations", "django_content_type", "auth_permission"})
"""What migrations filled in; no test changes it."""


def install() -> None:
    """Empty tables this way from now on."""
    TransactionTestCase._fixture_teardown = _teardown  # type: ignore[attr-defined]


def _teardown(case: TransactionTestCase) -> None:
    known = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = [name for name in known if name not in KEPT]
    quoted: dict[str, str] = {name: connection.ops.quote_name(name) for name in tables}
    looks = (f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {table})" for name, table in quoted.items())
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(looks))
        used = [quoted[name] for (name,) in cursor.fetchall()]
        if used:
            _delete(cursor, used)


def _delete(cursor: Any, tables: list[str]) -> None:
    """Whatever refers to whatever: each of these statements ends with no row left that could."""
    if connection.vendor == "postgresql":
        deletes = "".join(f"DELETE FROM {table};" for table in tables)
        cursor.execute(f"BEGIN; SET LOCAL session_replication_role = replica; {deletes} COMMIT")
        return
    cursor.execute("PRAGMA foreign_keys = OFF")
    for table in tables:
        cursor.execute(f"DELETE FROM {table}")
    cursor.execute("PRAGMA foreign_keys = ON")
