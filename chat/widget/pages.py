"""What the chat's pages carry: their configuration, the modules they start with, and who may frame them."""

from __future__ import annotations

from typing import Any, Final, Literal

from csp.constants import SELF

from chat import sites
from chat.sites import SiteConfig

Mode = Literal["widget", "h5"]

SOCKET_PATH: Final = "/ws/v1/"
POLL_PATH: Final = "/api/v1/poll/"

#: Every module the page needs before it can be used, in the order of need. Named to the browser at once
#: (modulepreload), so that they come in one round trip instead of one per level of imports.
MODULES: Final = (
    "shared/accent.js",
    "shared/a11y.js",
    "shared/api.js",
    "shared/connection.js",
    "shared/blobs.js",
    "shared/reconnect.js",
    "shared/transport.js",
    "shared/dom.js",
    "shared/i18n.js",
    "shared/outbox.js",
    "shared/store.js",
    "shared/timeline.js",
    "shared/time.js",
    "widget/attention.js",
    "widget/below.js",
    "widget/bubble.js",
    "widget/composer.js",
    "widget/conversations.js",
    "widget/header.js",
    "widget/host.js",
    "widget/incoming.js",
    "widget/session.js",
    "widget/thread.js",
)


def page_config(site: SiteConfig, mode: Mode) -> dict[str, Any]:
    """The JSON the page's script starts from. Public facts only: everybody may read it."""
    return {
        "mode": mode,
        "site": {
            "key": site.public_key,
            "name": site.name,
            "greeting": site.greeting,
            "accent": site.accent_color,
            "locale": site.locale,
        },
        "origins": embedding_origins(site) if mode == "widget" else [],
        "socket": SOCKET_PATH,
        "poll": POLL_PATH,
        "limits": {"max_bytes": site.upload_max_bytes, "types": sorted(site.upload_types)},
        "typing_preview": site.typing_preview,
    }


def embedding_origins(site: SiteConfig) -> list[str]:
    """The site's origins in normal form, in a stable order; what is no origin is left out."""
    found: set[str] = set()
    for text in site.allowed_origins:
        try:
            found.add(sites.normal_origin(text))
        except ValueError:
            continue
    return sorted(found)


def policy(site: SiteConfig, mode: Mode) -> dict[str, list[str]]:
    """Content-Security-Policy directives that differ from the project's: who may frame the page, and the
    site's own pictures in cards.
    """
    origins = embedding_origins(site)
    directives = {"img-src": [SELF, "data:", "blob:", *origins]}
    if mode == "widget":
        directives["frame-ancestors"] = [SELF, *origins]
    return directives
