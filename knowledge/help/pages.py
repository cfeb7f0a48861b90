"""A request to a help page: which site, in which language, and the addresses of its neighbours."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, Concatenate, Final, ParamSpec

import msgspec
from csp.constants import SELF
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_cache_control

from knowledge import ports
from knowledge.ports import SiteInfo

P = ParamSpec("P")
LOCALES: Final = {"zh": "zh-hans", "en": "en"}
TAGS: Final = {"zh": "zh-CN", "en": "en"}
MAX_AGE_S: Final = 60
"""How long a cache may go on with a page; what must be seen at once, the bot says at once."""

_POLICY: Final = {"img-src": [SELF, "data:", "https:"]}  # pictures of answers stand anywhere


class Place(msgspec.Struct, frozen=True):
    """Where a reader is. `rest`: the path below the root, "" for the home page."""

    site: SiteInfo
    language: str
    rest: str
    host: str

    @property
    def root(self) -> str:
        """The home page of this language, a path."""
        return self.root_in(self.language)

    def root_in(self, language: str) -> str:
        """The home page of a language; the site's own goes without a prefix."""
        tail = "" if language == self.site.language else f"{language}/"
        return f"/help/{self.site.public_key}/{tail}"

    def absolute(self, path: str) -> str:
        """An address for other servers."""
        return self.host + path

    def alternates(self, rest: str, languages: Iterable[str] = LOCALES) -> list[tuple[str, str]]:
        """(language tag, address) of the page below the root in each of the languages it is there in; for
        everybody else (x-default) the site's own, where it is one of them.
        """
        found = {language: self.absolute(self.root_in(language) + rest) for language in languages}
        others = [("x-default", found[self.site.language])] if self.site.language in found else []
        return [(TAGS[language], address) for language, address in found.items()] + others

    @property
    def tag(self) -> str:
        """BCP 47."""
        return TAGS[self.language]

    @property
    def others(self) -> list[tuple[str, str]]:
        """(language tag, home page) of every language."""
        return [(TAGS[language], self.root_in(language)) for language in LOCALES]


View = Callable[Concatenate[HttpRequest, Place, P], HttpResponseBase]


def page(
    view: Callable[Concatenate[HttpRequest, Place, P], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Find the site and the language, speak it, and let caches keep the answer for a minute."""

    @functools.wraps(view)
    def placed(
        request: HttpRequest, key: str, *args: Any, language: str = "", **kwargs: Any
    ) -> HttpResponseBase:
        site = ports.sites().by_key(key)
        if site is None:
            raise Http404("no such site")
        prefix = f"/help/{key}/" + (f"{language}/" if language else "")
        place = Place(site, language or site.language, request.path.removeprefix(prefix), host_of(request))
        if language == site.language and request.method in ("GET", "HEAD"):
            query = request.META.get("QUERY_STRING", "")
            return HttpResponsePermanentRedirect(place.root + place.rest + (f"?{query}" if query else ""))
        with translation.override(LOCALES[place.language]):
            response = view(request, place, *args, **kwargs)
        response["Content-Language"] = place.tag
        if response.status_code == 200 and request.method in ("GET", "HEAD"):
            patch_cache_control(response, public=True, max_age=MAX_AGE_S)
        return response

    return placed


def shown(
    request: HttpRequest, place: Place, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page with what every page has."""
    wanted = {"place": place, "site": place.site, "root": place.root, **context}
    response = render(request, f"help/{template}.html", wanted, status=status)
    setattr(response, "_csp_update", _POLICY)  # noqa: B010 - how django-csp takes it, without a type
    return response


def missing(request: HttpRequest, place: Place) -> HttpResponse:
    """The page of what is not there (any more): 404, with the search at hand."""
    return shown(request, place, "missing", {"noindex": True}, status=404)


def host_of(request: HttpRequest) -> str:
    """Scheme, host and port as the outside knows them."""
    return settings.KEFU_PUBLIC_ORIGIN or request.build_absolute_uri("/")[:-1]
