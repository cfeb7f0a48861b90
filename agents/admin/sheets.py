"""XLSX for the back office, loaded with the first sheet that somebody reads or writes.

import-export asks tablib for every format when it is imported, which loads openpyxl: a tenth of a second and
20 MB of each web process, for pages that most of them never show. Hence this has to be imported before it:
this package's `__init__` comes here first, and import-export stands behind the room in INSTALLED_APPS.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from tablib.formats import registry


class LateXlsx:
    """Stands for tablib's format under its own name."""

    def __getattr__(self, name: str) -> Any:
        """Whatever is asked of it is the real one's."""
        return getattr(_loaded(), name)


@cache
def _loaded() -> Any:
    return import_module("tablib.formats._xlsx").XLSXFormat


registry.register("xlsx", LateXlsx())
