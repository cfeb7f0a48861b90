"""Thin edges: the iframe page, the full page, the loader script and the demo shop."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from typing import Final, NamedTuple

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from chat import sites
from chat.errors import KefuError
from chat.sites import SiteConfig
from chat.widget.pages import MODULES, Mode, page_config, policy

DEMO_SITE: Final = "demo"
LOADER_MAX_AGE_S: Final = 3600
"""How long a shop's visitors may go on with an older loader after an update."""

_THEMES: Final = ("light", "dark")


@require_safe
@never_cache
@xframe_options_exempt
def widget_page(request: HttpRequest, site: str) -> HttpResponse:
    """The chat inside the loader's iframe. `frame-ancestors` lets in kefu itself and the site's origins."""
    return _chat_page(request, _site(site), "widget")


@require_safe
@never_cache
def h5_page(request: HttpRequest, site: str) -> HttpResponse:
    """The chat as a page of its own, for links, QR codes and web views."""
    return _chat_page(request, _site(site), "h5")


@require_safe
@never_cache
def demo_page(request: HttpRequest) -> HttpResponse:
    """A made-up tea shop that embeds the chat of the site `demo`; 404 where there is no such site."""
    site = _site(DEMO_SITE)
    return render(request, "widget/demo.html", {"site": site})


@require_safe
def loader(request: HttpRequest) -> HttpResponseBase:
    """`/sdk.js`: the one script other people's pages load, from any origin."""
    script = _read_loader() if settings.DEBUG else _kept_loader()
    compressed = "gzip" in request.headers.get("Accept-Encoding", "")
    response: HttpResponseBase
    if request.headers.get("If-None-Match") == script.tag:
        response = HttpResponseNotModified()
    else:
        body = script.compressed if compressed else script.plain
        response = HttpResponse(body, content_type="text/javascript; charset=utf-8")
        if compressed:
            response["Content-Encoding"] = "gzip"
    response["ETag"] = script.tag
    response["Vary"] = "Accept-Encoding"
    response["Cache-Control"] = f"public, max-age={LOADER_MAX_AGE_S}"
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


class _Loader(NamedTuple):
    """The script as it leaves, in both forms, and the tag that names this version of it."""

    plain: bytes
    compressed: bytes
    tag: str


def _read_loader() -> _Loader:
    body = (settings.BASE_DIR / "static" / "widget" / "sdk.js").read_bytes()
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
    return _Loader(body, gzip.compress(body, 9, mtime=0), tag)


_kept_loader = cache(_read_loader)


def _site(public_key: str) -> SiteConfig:
    try:
        return sites.by_public_key(public_key)
    except KefuError:
        raise Http404("no such site") from None


def _chat_page(request: HttpRequest, site: SiteConfig, mode: Mode) -> HttpResponse:
    theme = request.GET.get("theme", "")
    response = render(
        request,
        "widget/app.html",
        {
            "site": site,
            "mode": mode,
            "config": page_config(site, mode),
            "modules": MODULES,
            "theme": theme if theme in _THEMES else "",
            "language": site.locale,
        },
    )
    setattr(response, "_csp_replace", policy(site, mode))  # noqa: B010 - how django-csp takes it, without a type
    return response
