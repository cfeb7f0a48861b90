"""Thin edges of the help page: home, category, question, article, search, feedback, sitemap."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from django.core.cache import cache
from django.db import Error as DatabaseError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from knowledge import ports
from knowledge.help import shelf
from knowledge.help.pages import LOCALES, Place, host_of, missing, page, shown
from knowledge.help.rendering import html_of, text_of
from knowledge.help.shelf import Item
from knowledge.learning import counting
from knowledge.models import Category, HelpFeedback

log = structlog.get_logger(__name__)

MAX_QUERY: Final = 200
SUGGESTED: Final = 8
RELATED: Final = 5
FIRST: Final = 6  # of a category, on the home page
CATEGORIES_S: Final = 10


@require_safe
@page
def home(request: HttpRequest, place: Place) -> HttpResponseBase:
    """Categories with their first items."""
    items = shelf.shown(place.site.id, place.language)
    groups = _grouped(items, place)
    context = {"groups": groups, "count": len(items), "first": FIRST, "alternates": place.alternates("")}
    return shown(request, place, "home", context)


@require_safe
@page
def category(request: HttpRequest, place: Place, slug: str) -> HttpResponseBase:
    """Everything of one category."""
    for group in _grouped(shelf.shown(place.site.id, place.language), place):
        if group["slug"] == slug:
            languages = [each for each in LOCALES if _has(slug, place, each)]
            alternates = place.alternates(f"c/{slug}/", languages)
            return shown(request, place, "category", {"group": group, "alternates": alternates})
    return missing(request, place)


@require_safe
@page
def question(request: HttpRequest, place: Place, slug: str) -> HttpResponseBase:
    """A question and its answer."""
    return _item(request, place, f"q/{slug}/")


@require_safe
@page
def article(request: HttpRequest, place: Place, slug: str) -> HttpResponseBase:
    """An article with its sections."""
    return _item(request, place, f"a/{slug}/")


@require_safe
@page
def search(request: HttpRequest, place: Place) -> HttpResponseBase:
    """What was found, as a page of its own: works without script."""
    query = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_QUERY]
    busy = _too_often(request, place, "help_search") if query else None
    if busy is not None:
        return busy
    found = shelf.find(query, place.site.id, place.language) if query else []
    return shown(request, place, "search", {"query": query, "found": found, "noindex": True})


@require_safe
@page
def suggest(request: HttpRequest, place: Place) -> HttpResponseBase:
    """The same while somebody types: {"results": [{"title", "url", "summary"}]}."""
    wait = ports.turnstile().wait(request, "help_search")
    if wait:
        answer = JsonResponse({"results": []}, status=429)
        answer["Retry-After"] = str(int(wait) + 1)
        return answer
    query = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_QUERY]
    found = shelf.find(query, place.site.id, place.language, SUGGESTED) if query else []
    return JsonResponse(
        {
            "results": [
                {"title": item.title, "url": place.root + item.url, "summary": text_of(item.summary, 80)}
                for item in found
            ]
        }
    )


@csrf_exempt  # nobody is signed in: what could be forged is an opinion, and those are limited by address
@require_POST
@page
def feedback(request: HttpRequest, place: Place) -> HttpResponseBase:
    """ "Helped" or "did not": counted, kept with its comment, answered by the page it came from."""
    if not _own_origin(request, place):
        return HttpResponse(status=403)
    busy = _too_often(request, place, "help_feedback")
    if busy is not None:
        return busy
    item = shelf.shelf().at(request.POST.get("item", "")[:120])
    verdict = request.POST.get("helped")
    if item is None or verdict not in ("yes", "no"):
        return missing(request, place)
    helped = verdict == "yes"
    HelpFeedback.objects.create(
        item=item.id, title=item.title[:300], site_id=place.site.id, language=place.language, helped=helped,
        comment=request.POST.get("comment", "").replace("\x00", "").strip()[:500],
    )  # fmt: skip
    counting.count(item.id, place.site.id, "helped" if helped else "not_helped")
    return HttpResponseRedirect(f"{place.root}{item.url}?thanks={verdict}#feedback", status=303)


@require_safe
@page
def sitemap(request: HttpRequest, place: Place) -> HttpResponseBase:
    """Every page of the site in every language, for search engines."""
    urls = []
    for language in LOCALES:
        root = place.root_in(language)
        items = shelf.shown(place.site.id, language)
        if not items:
            continue
        urls.append(place.absolute(root))
        urls.extend(place.absolute(f"{root}c/{group['slug']}/") for group in _grouped(items, place))
        urls.extend(place.absolute(root + item.url) for item in items)
    response = shown(request, place, "sitemap", {"urls": urls[:50_000]})
    response["Content-Type"] = "application/xml; charset=utf-8"
    return response


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What search engines may read of this host, and where the sites' maps are."""
    host = host_of(request)
    lines = [
        "User-agent: *",
        *(f"Disallow: /{path}/" for path in ("admin", "console", "api", "files", "widget")),
    ]
    lines += [f"Sitemap: {host}/help/{site.public_key}/sitemap.xml" for site in ports.sites().all()]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _item(request: HttpRequest, place: Place, url: str) -> HttpResponseBase:
    item = shelf.shelf().at(url)
    everything = shelf.shown(place.site.id, place.language)
    if item is None or item not in everything:
        return missing(request, place)
    _count_view(request, place, item)
    group = next((group for group in _grouped(everything, place) if item in group["items"]), None)
    context: dict[str, Any] = {
        "item": item,
        "group": group,
        "related": [other for other in (group["items"] if group else []) if other != item][:RELATED],
        "thanks": request.GET.get("thanks", ""),
        "alternates": place.alternates(
            item.url, [language for language in LOCALES if item.language in ("", language)]
        ),
    }
    if item.kind == "question":
        return shown(request, place, "question", {**context, "answer": html_of(item.text)})
    parts = [(part.anchor, part.heading, html_of(part.text)) for part in item.sections]
    return shown(request, place, "article", {**context, "parts": parts})


def _has(slug: str, place: Place, language: str) -> bool:
    """Whether readers of the language find anything under the category."""
    if language == place.language:
        return True
    return any(group["slug"] == slug for group in _grouped(shelf.shown(place.site.id, language), place))


def _grouped(items: list[Item], place: Place) -> list[dict[str, Any]]:
    """Items by category in the operator's order; those without one come last, under no name."""
    by_category: dict[str | None, list[Item]] = {}
    for item in items:
        by_category.setdefault(item.category, []).append(item)
    groups = []
    for row in _categories():
        found = by_category.pop(row["id"], None)
        if found:
            groups.append({**row, "name": row[place.language], "description": row[f"about_{place.language}"],
                           "items": found})  # fmt: skip
    rest = [item for found in by_category.values() for item in found]
    if rest:
        groups.append({"slug": "other", "name": "", "description": "", "items": rest})
    return groups


def _categories() -> list[dict[str, Any]]:
    """All categories, read at most every `CATEGORIES_S`; what was known while the database is away."""
    known: list[dict[str, Any]] | None = cache.get("knowledge.categories")
    if known is not None:
        return known
    try:
        rows = [
            {
                "id": str(row.pk), "slug": row.slug, "zh": row.name_in("zh"), "en": row.name_in("en"),
                "about_zh": row.description_in("zh"), "about_en": row.description_in("en"),
            }
            for row in Category.objects.filter(~Q(slug="")).order_by("position", "name")
        ]  # fmt: skip
    except DatabaseError:
        return []
    cache.set("knowledge.categories", rows, CATEGORIES_S)
    return rows


def _count_view(request: HttpRequest, place: Place, item: Item) -> None:
    if request.method != "GET" or "thanks" in request.GET:
        return
    try:
        counting.count(item.id, place.site.id, "viewed")
    except DatabaseError as error:  # a page is not worth less because nobody counts it
        log.warning("help_view_not_counted", error=type(error).__name__)


def _too_often(request: HttpRequest, place: Place, act: ports.Act) -> HttpResponse | None:
    wait = ports.turnstile().wait(request, act)
    if not wait:
        return None
    answer = shown(request, place, "busy", {"noindex": True}, status=429)
    answer["Retry-After"] = str(int(wait) + 1)
    return answer


def _own_origin(request: HttpRequest, place: Place) -> bool:
    """Whether a form of ours sent it; clients without an Origin (curl) are nobody's browser."""
    origin = request.headers.get("origin")
    if not origin or origin == place.host:
        return True
    return urlsplit(origin).netloc == request.get_host()
