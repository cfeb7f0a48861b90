"""Whether somebody who speaks one language can answer another, by BCP 47 tags. Pure.

Tags are read as RFC 5646 writes them (language, script, region). RFC 4647's own schemes compare prefixes, by
which `zh-CN` and `zh-Hans` have nothing in common; so the script is added where the region implies it, as
Unicode's likely subtags do (UTS #35, part 1, section 4.3), and language and script are compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

#: The script that a region writes, where one language has two and the tag does not say (CLDR likely subtags).
_SCRIPTS: Final = {
    ("zh", "cn"): "hans", ("zh", "sg"): "hans", ("zh", "my"): "hans",
    ("zh", "tw"): "hant", ("zh", "hk"): "hant", ("zh", "mo"): "hant",
    ("sr", "rs"): "cyrl", ("sr", "me"): "latn", ("pa", "in"): "guru", ("pa", "pk"): "arab",
}  # fmt: skip


@lru_cache(maxsize=4096)
def parse(tag: str) -> tuple[str, str, str]:
    """Language, script and region of a tag in lower case, empty where unknown: `zh-CN` → zh, hans, cn."""
    parts = tag.strip().replace("_", "-").lower().split("-")
    language, script, region = parts[0], "", ""
    for part in parts[1:]:
        if len(part) == 1:  # an extension or private use: nothing after it names script or region
            break
        if len(part) == 4 and part.isalpha() and not script:
            script = part
        elif not region and ((len(part) == 2 and part.isalpha()) or (len(part) == 3 and part.isdigit())):
            region = part
    return language, script or _SCRIPTS.get((language, region), ""), region


@lru_cache(maxsize=16384)
def meets(spoken: str, wanted: str) -> bool:
    """Whether who speaks `spoken` can answer who wrote in `wanted`.

    Region is no barrier (`en-GB` answers `en-US`). Script is one where both are known: `zh-CN` and `zh-Hans`
    answer each other and not `zh-TW`; plain `zh` answers and is answered by all of them.
    """
    language, script, _ = parse(spoken)
    other, other_script, _ = parse(wanted)
    if not other:
        return True
    if language != other:
        return False
    return not (script and other_script and script != other_script)


def speaks(languages: Iterable[str], wanted: str) -> bool:
    """Whether somebody with these languages can answer. No languages: any; nothing wanted: anybody."""
    listed = tuple(languages)
    return not wanted or not listed or any(meets(each, wanted) for each in listed)
