"""What a page pays for the chat, compressed: loader at most 5 KB, all that the frame loads at most 40 KB."""

from __future__ import annotations

import re
from typing import Final

from chat.widget.pages import MODULES
from tests.widget.sources import TEMPLATES, closure, dynamic_imports, read, visitor_scripts, weight

LOADER_BYTES: Final = 5 * 1024
FRAME_BYTES: Final = 40 * 1024
ENTRY: Final = "widget/app.js"
STYLES: Final = ("shared/tokens.css", "widget/widget.css")
WORDS: Final = ("widget/words-en.js", "widget/words-zh-cn.js")


def test_the_loader_is_small() -> None:
    assert weight("widget/sdk.js") <= LOADER_BYTES


def test_the_frame_is_small() -> None:
    loaded = [*closure(ENTRY), *STYLES, max(WORDS, key=weight)]
    assert sum(weight(name) for name in loaded) <= FRAME_BYTES


def test_the_page_names_exactly_the_modules_it_needs_at_once() -> None:
    assert set(MODULES) | {ENTRY} == closure(ENTRY)
    assert len(MODULES) == len(set(MODULES))


def test_the_page_loads_nothing_else() -> None:
    page = (TEMPLATES / "app.html").read_text(encoding="utf-8")
    named = set(re.findall(r"\{% static '([^']+)' %\}", page))
    assert named == {ENTRY, *STYLES, "shared/icon.svg"}


def test_every_module_is_needed_by_somebody() -> None:
    reached = closure(ENTRY)
    while more := {one for module in reached for one in dynamic_imports(module)} - reached:
        for module in more:
            reached |= closure(module)
    apart = {"widget/sdk.js", "widget/demo.js"}
    unused = {name for name in visitor_scripts() if name.startswith("widget/")} - reached - apart
    assert unused == set()


def test_rare_parts_come_later() -> None:
    later = {
        *("widget/banner.js", "widget/cards.js", "widget/composer-files.js", "widget/emoji.js"),
        *("widget/files.js", "widget/settled.js", "widget/viewport.js"),
        *("shared/poll.js", "shared/sound.js"),
    }
    inside = {"widget/leave-form.js", "widget/queue-card.js", "widget/rating.js", "widget/lightbox.js"}
    at_once = closure(ENTRY)
    assert (later | inside) & at_once == set()
    assert later <= {one for module in at_once for one in dynamic_imports(module)}


def test_the_loader_needs_no_other_file() -> None:
    assert not re.search(r"\bimport\b|\brequire\b|fetch\(|XMLHttpRequest", read("widget/sdk.js"))
