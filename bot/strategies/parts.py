"""What the levels of a site are made of, and finding them: each file here with a `make` is asked. Pure."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

import msgspec

from bot import strategies
from bot.dialog.flows import Flows
from bot.safety.sensitive import Sensitive
from bot.strategies.base import Strategy
from knowledge.graph import Graph
from knowledge.lexicon import Lexicon

if TYPE_CHECKING:
    from bot.strategies.rules import RuleBook
    from knowledge.search.index import SearchIndex


class Parts(msgspec.Struct, frozen=True):
    """Everything a level may be made of, as of one moment. `site`: its id; `help_path`: of its help page;
    `groups`: intent → id of the people's group it goes to.
    """

    site: str
    help_path: str
    index: SearchIndex
    graph: Graph
    lexicon: Lexicon
    rules: RuleBook
    sensitive: Sensitive
    flows: Flows
    groups: Mapping[str, str] = {}


def levels_of(parts: Parts) -> tuple[Strategy, ...]:
    """Every level there is, in the order in which they are asked."""
    made = [level for module in _modules() for level in module.make(parts)]
    return tuple(sorted(made, key=lambda level: level.priority))


@cache
def _modules() -> tuple[ModuleType, ...]:
    names = sorted(info.name for info in pkgutil.iter_modules(strategies.__path__))
    found = (importlib.import_module(f"{strategies.__name__}.{name}") for name in names)
    return tuple(module for module in found if hasattr(module, "make"))
