"""What the knowledge room asks of rooms it does not know: which sites there are, who is asking, how often
somebody may. The project fills these when it starts (`kefu_project.knowing`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec

if TYPE_CHECKING:
    from knowledge.publishing.golden import Asked, Candidate, Result

Act = Literal["help_search", "help_feedback"]


class SiteInfo(msgspec.Struct, frozen=True):
    """A site: its id in text form, its public key, the language of its own ("zh", "en"), and the path of the
    page where its visitors talk to somebody.
    """

    id: str
    public_key: str
    name: str
    language: str
    accent: str
    chat_path: str


class Person(msgspec.Struct, frozen=True):
    """Somebody of the team. `sites`: ids of theirs, None for every site; `may_write`: knowledge of these."""

    name: str
    sites: frozenset[str] | None = frozenset()
    may_write: bool = False

    def serves(self, site: object) -> bool:
        """Whether the site is theirs; None, every site at once, is for those who serve every site."""
        return self.sites is None or (site is not None and str(site) in self.sites)

    def may_change(self, site: object) -> bool:
        """Whether they may change what is shown at the site (None: at every site)."""
        return self.may_write and self.serves(site)


class Sites(Protocol):
    """The sites there are. Implemented by the project over the chat room."""

    def all(self) -> Sequence[SiteInfo]:
        """Every active site, by name. May touch the database."""

    def by_key(self, public_key: str) -> SiteInfo | None:
        """The active site with this key. May touch the database."""


class People(Protocol):
    """Who is asking. Implemented by the project over the rooms of chat and agents."""

    def of_call(self, request: Any) -> Person:
        """The agent behind a call of the REST interface. Raises the interface's refusal for others."""

    def of_login(self, request: Any) -> Person | None:
        """The administrator behind a page of the back office, None for a login that is none."""


class Turnstile(Protocol):
    """How often one address may. Implemented by the project."""

    def wait(self, request: Any, act: Act) -> float:
        """0.0 when the act may happen now (it is counted), else the seconds until it may."""


GoldenRunner = Callable[["Sequence[Asked]", "Candidate"], "list[Result]"]

_sites: Sites | None = None
_people: People | None = None
_turnstile: Turnstile | None = None
_golden_runner: GoldenRunner | None = None


def register(sites: Sites, people: People, turnstile: Turnstile) -> None:
    """Fill the ports; called once by the project."""
    global _sites, _people, _turnstile
    _sites, _people, _turnstile = sites, people, turnstile


def register_golden_runner(runner: GoldenRunner) -> None:
    """Have golden questions asked by somebody who does more than search (the bot)."""
    global _golden_runner
    _golden_runner = runner


def golden_runner() -> GoldenRunner | None:
    """The registered runner, None for search alone."""
    return _golden_runner


def sites() -> Sites:
    """The registered sites. Raises `RuntimeError` when nobody filled the port."""
    if _sites is None:
        raise RuntimeError("no sites registered: is kefu_project in INSTALLED_APPS?")
    return _sites


def people() -> People:
    """The registered people. Raises `RuntimeError` when nobody filled the port."""
    if _people is None:
        raise RuntimeError("no people registered: is kefu_project in INSTALLED_APPS?")
    return _people


def turnstile() -> Turnstile:
    """The registered turnstile. Raises `RuntimeError` when nobody filled the port."""
    if _turnstile is None:
        raise RuntimeError("no turnstile registered: is kefu_project in INSTALLED_APPS?")
    return _turnstile
