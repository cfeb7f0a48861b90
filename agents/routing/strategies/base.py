"""What a strategy is, and where they are found: one class in one module of this package. Pure."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import ClassVar

import agents.routing.strategies as package
from agents.routing.terms import Candidate, Policy, Scored, Waiter, Wants

#: Lower is asked first; compared as tuples, and by agent id where they are equal.
Key = tuple[float, ...]


def gettext_noop(message: str) -> str:
    """Mark a label for translation without Django: `make messages` finds it by this name."""
    return message


class Strategy:
    """An order among those who may take a conversation.

    A strategy says where one candidate stands, from that candidate and the wants alone; never from the other
    candidates or the clock. So an order that was prepared for some wants stays right until a candidate in it
    changes, and only that one is put elsewhere (`agents.routing.pool`).
    """

    #: The name in the database and on the wire, at most 16 characters.
    name: ClassVar[str]
    #: What people read, in English; marked with `gettext_noop`.
    label: ClassVar[str]

    def key(self, wants: Wants, policy: Policy) -> Callable[[Candidate], Key]:
        """How to tell where a candidate stands: the lowest gets the conversation. The function that comes
        back is called for every candidate, so whatever does not depend on them is worked out before. Its
        keys have one length.
        """
        raise NotImplementedError

    def scorer(self, wants: Wants, policy: Policy, now_ms: int) -> Callable[[Candidate], Scored]:
        """The same for people: a score and its parts, 0 to 1, 1 the best."""
        raise NotImplementedError

    def preferred(self, waiter: Waiter) -> str | None:
        """An agent's id to be asked before the order, if they may take it; None for nobody."""
        return None

    def order(self, policy: Policy) -> Strategy:
        """Whose order holds when nobody is preferred: this one's, unless it builds on another."""
        return self


@cache
def strategies() -> dict[str, Strategy]:
    """Every strategy by name, from the modules beside this one. Raises `ValueError` if two share a name."""
    found: dict[str, Strategy] = {}
    for module in pkgutil.iter_modules(package.__path__):
        names = vars(importlib.import_module(f"{package.__name__}.{module.name}"))
        for each in names.values():
            if not (isinstance(each, type) and issubclass(each, Strategy) and each is not Strategy):
                continue
            if each.__module__ != f"{package.__name__}.{module.name}":
                continue
            if each.name in found:
                raise ValueError(f"two strategies are called {each.name}")
            found[each.name] = each()
    return found


def strategy(name: str) -> Strategy:
    """The strategy of that name. Raises `KeyError` for an unknown one."""
    return strategies()[name]
