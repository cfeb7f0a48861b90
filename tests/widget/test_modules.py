"""The shared modules' rules, in a real browser and without a server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.widget.modules import bench, run

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

#: Entries as the wire has them, and a timeline over a log of a given length.
_TIMELINE = """
const entry = (seq, more = {}) => ({ conversation: "c", id: `id${seq}`, seq, client_msg_id: null,
  kind: "text", text: `t${seq}`, sender: { kind: "visitor", id: "v" }, event: null, created_at: seq,
  ...more });
const log = (length) => Array.from({ length }, (_, i) => entry(i + 1));
const over = (all) => new Timeline({ conversation: "c", self: "visitor",
  fetchPage: async ({ before_seq, after_seq, limit }) => {
    const inside = (e) => e.seq < (before_seq ?? Infinity) && e.seq > (after_seq ?? 0);
    let data = all.filter(inside);
    data = after_seq === null ? data.slice(-limit) : data.slice(0, limit);
    return { data, meta: { has_more: false } };
  } });
const seqs = (t) => t.entries().map((e) => e.seq);
"""

#: A connection that answers as told, and an outbox over it.
_OUTBOX = """
const store = openStore("test:");
const sent = [], acked = [], changes = [], moved = [];
let answers = [];
const connection = { open: true, saw() {}, async request(type, payload) {
  sent.push(payload);
  const answer = answers.shift() ?? { payload: { id: `i${sent.length}`, seq: sent.length, created_at: 1 } };
  if (answer.code) throw answer;
  return answer;
} };
const build = () => new Outbox({ connection, store, upload: async () => ({ id: "up" }),
  onChange: (item) => changes.push(item.state), onAck: (item, ack) => acked.push([item.text, ack.seq]),
  onMoved: (item, to) => moved.push(to) });
const settle = () => new Promise((done) => setTimeout(done, 20));
"""


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """An empty page with the modules at hand."""
    async with bench(browser) as opened:
        yield opened


async def test_waiting_doubles_to_half_a_minute_and_is_jittered(page: Page) -> None:
    low = await run(
        page, "return [0,1,2,3,6,50].map((n) => backoff(n, () => 0))", "{ backoff } from reconnect"
    )
    high = await run(
        page, "return [0,1,2,3,6,50].map((n) => backoff(n, () => 1))", "{ backoff } from reconnect"
    )
    assert high == [500, 1000, 2000, 4000, 30_000, 30_000]
    assert low == [wait // 2 for wait in high]
    soon = await run(
        page, "return [restartDelay(() => 0), restartDelay(() => 1)]", "{ restartDelay } from reconnect"
    )
    assert soon == [200, 1200]


async def test_positions_wait_for_holes(page: Page) -> None:
    body = """
    const p = new Positions();
    p.set("c", 4);
    const said = [5, 5, 8, 7, 8, 6, 9, 3].map((seq) => [p.see("c", seq), p.at("c"), p.gap("c")]);
    p.set("c", 2);
    const unknown = [p.at("d"), p.has("d")];
    const resume = p.resume();
    unknown.push(p.see("d", 7), p.at("d"));
    return { said, at: p.at("c"), resume, unknown };
    """
    got = await run(page, body, "{ Positions } from reconnect")
    assert got["said"] == [
        ["new", 5, False],
        ["old", 5, False],
        ["ahead", 5, True],
        ["ahead", 5, True],
        ["old", 5, True],
        ["new", 8, False],
        ["new", 9, False],
        ["old", 9, False],
    ]
    assert (got["at"], got["resume"], got["unknown"]) == (9, {"c": 9}, [0, False, "new", 7])


async def test_no_more_is_resumed_than_a_hello_may_name(page: Page) -> None:
    body = """
    const p = new Positions();
    for (let n = 0; n < 700; n += 1) p.set(`c${n}`, n);
    return Object.keys(p.resume());"""
    got = await run(page, body, "{ Positions } from reconnect")
    assert (len(got), got[0], got[-1]) == (500, "c200", "c699")


async def test_a_timeline_sorts_and_takes_everything_once(page: Page) -> None:
    body = (
        _TIMELINE
        + """
    const t = over([]);
    const said = [3, 1, 2, 3, 2].map((seq) => t.apply(entry(seq)));
    const foreign = t.apply(entry(4, { conversation: "other" }));
    return { said, foreign, seqs: seqs(t) };
    """
    )
    got = await run(page, body, "{ Timeline } from timeline")
    assert got == {
        "said": ["added", "added", "added", "updated", "updated"],
        "foreign": "ignored",
        "seqs": [1, 2, 3],
    }


async def test_what_was_recalled_never_comes_back(page: Page) -> None:
    body = (
        _TIMELINE
        + """
    const t = over([]);
    t.apply(entry(1)); t.apply(entry(2));
    t.apply(entry(3, { kind: "event", event: { name: "recalled", data: { seq: 1 } } }));
    const after = seqs(t);
    const late = t.apply(entry(1));
    const early = over([]);
    early.apply(entry(3, { kind: "event", event: { name: "recalled", data: { seq: 1 } } }));
    early.apply(entry(1));
    t.apply({ conversation: "c", id: "id2", seq: 2, kind: "hidden" });
    return { after, late, early: seqs(early), end: seqs(t), last: t.lastSeq };
    """
    )
    got = await run(page, body, "{ Timeline } from timeline")
    assert got == {"after": [2, 3], "late": "ignored", "early": [3], "end": [3], "last": 3}


async def test_history_is_read_backwards_to_the_first_entry(page: Page) -> None:
    body = (
        _TIMELINE
        + """
    const t = over(log(70));
    const steps = [await t.loadLatest(), t.hasOlder];
    while (t.hasOlder) steps.push(await t.loadOlder());
    steps.push(await t.loadOlder());
    const empty = over([]);
    await empty.loadLatest();
    const between = (await t.loadAfter(66, 2)).map((e) => e.seq);
    return { steps, seqs: seqs(t), empty: empty.hasOlder, between };
    """
    )
    got = await run(page, body, "{ Timeline } from timeline")
    assert got["steps"] == [30, True, 30, 10, 0]
    assert got["seqs"] == list(range(1, 71))
    assert (got["empty"], got["between"]) == (False, [67, 68])


async def test_after_missing_too_much_it_begins_anew_at_the_end(page: Page) -> None:
    body = (
        _TIMELINE
        + """
    const all = log(5);
    const t = over(all);
    await t.loadLatest();
    for (const e of log(900).slice(5)) all.push(e);
    const restarted = t.restart();
    t.apply(entry(901));  // live, while the page is on its way
    await restarted;
    const shown = seqs(t);
    await t.loadOlder();
    return [shown[0], shown.length, t.hasOlder, t.firstSeq, t.lastSeq];
    """
    )
    assert await run(page, body, "{ Timeline } from timeline") == [871, 31, True, 841, 901]


async def test_states_of_own_messages_and_growing_answers(page: Page) -> None:
    body = (
        _TIMELINE
        + """
    const t = over([]);
    const states = () => t.entries().filter((e) => e.sender.kind === "visitor").map((e) => t.stateOf(e));
    for (const e of log(3)) t.apply(e);
    const steps = [states()];
    t.receipt({ delivered: 2, read: 1, sender: { kind: "agent" } }); steps.push(states());
    t.receipt({ delivered: 3, read: 3, sender: { kind: "visitor" } }); steps.push(states());
    t.receipt({ delivered: 1, sender: { kind: "agent" } }); steps.push(states());
    t.apply(entry(4, { sender: { kind: "agent", id: "a" } })); steps.push(states());
    t.partial({ stream: "s", text: "Gro" }); t.partial({ stream: "s", text: "Growing" });
    const growing = t.partials();
    t.apply(entry(5, { client_msg_id: "s", sender: { kind: "bot", id: "b" } }));
    return { steps, growing, done: t.partials() };
    """
    )
    got = await run(page, body, "{ Timeline } from timeline")
    assert got["steps"] == [
        ["sent", "sent", "sent"],
        ["read", "delivered", "sent"],
        ["read", "delivered", "sent"],
        ["read", "delivered", "sent"],
        ["read", "read", "read"],
    ]
    assert (got["growing"], got["done"]) == ([{"stream": "s", "text": "Growing"}], [])


async def test_an_outbox_keeps_order_and_repeats_under_the_same_name(page: Page) -> None:
    body = (
        _OUTBOX
        + """
    connection.open = false;
    const first = build();
    first.add({ conversation: "c", text: "one" }); first.add({ conversation: "c", text: "two" });
    const kept = store.keys().length;
    const second = build();  // a reload
    connection.open = true;
    answers = [{ code: "not_connected", retryable: true }, { code: "not_connected", retryable: true }];
    second.flush(); await settle();
    second.flush(); await settle();
    return { kept, texts: sent.map((p) => p.text), same: sent[0].client_msg_id === sent[2].client_msg_id,
      acked, left: store.keys().length, items: second.items().length };
    """
    )
    got = await run(page, body, "{ Outbox } from outbox", "{ openStore } from store")
    assert got == {
        "kept": 2,
        "texts": ["one", "two", "one", "two"],
        "same": True,
        "acked": [["one", 3], ["two", 4]],
        "left": 0,
        "items": 0,
    }


async def test_an_outbox_fails_honestly_and_tries_again_when_asked(page: Page) -> None:
    body = (
        _OUTBOX
        + """
    const outbox = build();
    answers = [{ code: "too_large", message: "no", retryable: false }];
    const item = outbox.add({ conversation: "c", text: "big" });
    await settle();
    const failed = [item.state, item.error.code, outbox.items().length];
    outbox.flush(); await settle();
    const untouched = sent.length;
    outbox.retry(item.client_msg_id); await settle();
    answers = [{ code: "too_large", retryable: false }];
    const dropped = outbox.add({ conversation: "c", text: "other" }); await settle();
    outbox.discard(dropped.client_msg_id);
    return { failed, untouched, acked, left: store.keys().length };
    """
    )
    got = await run(page, body, "{ Outbox } from outbox", "{ openStore } from store")
    assert got == {"failed": ["failed", "too_large", 1], "untouched": 1, "acked": [["big", 2]], "left": 0}


async def test_an_outbox_waits_as_told_and_moves_to_the_new_conversation(page: Page) -> None:
    body = (
        _OUTBOX
        + """
    const outbox = build();
    answers = [{ code: "journal_unavailable", retryable: true, retry_after_s: 0.2 },
      { code: "conversation_closed", retryable: false, payload: { conversation: "next" } }];
    outbox.add({ conversation: "c", text: "stubborn" });
    await settle();
    const early = sent.length;
    for (let i = 0; i < 200 && acked.length === 0; i += 1) await settle();
    const orphan = outbox.add({ conversation: null, text: "before a conversation" });
    await settle();
    const held = sent.length;
    outbox.adopt("next"); outbox.flush(); await settle();
    return { early, held, homes: sent.map((p) => p.conversation), moved, acked: acked.map(([text]) => text) };
    """
    )
    got = await run(page, body, "{ Outbox } from outbox", "{ openStore } from store")
    assert got == {
        "early": 1,
        "held": 3,
        "homes": ["c", "c", "next", "next"],
        "moved": ["next"],
        "acked": ["stubborn", "before a conversation"],
    }


async def test_an_own_message_that_comes_back_ends_its_waiting(page: Page) -> None:
    body = (
        _OUTBOX
        + """
    connection.open = false;
    const outbox = build();
    const item = outbox.add({ conversation: "c", text: "ack was lost" });
    const other = outbox.confirm({ conversation: "d", client_msg_id: item.client_msg_id });
    const mine = outbox.confirm({ conversation: "c", client_msg_id: item.client_msg_id });
    return [other, mine.text, outbox.items().length, store.keys().length];
    """
    )
    assert await run(page, body, "{ Outbox } from outbox", "{ openStore } from store") == [
        None,
        "ack was lost",
        0,
        0,
    ]


async def test_files_that_wait_are_kept_over_a_reload(page: Page) -> None:
    body = (
        _OUTBOX
        + """
    connection.open = false;
    build().add({ conversation: "c", file: new File(["leaf"], "leaf.txt", { type: "text/plain" }) });
    await settle();
    const again = build();
    const [item] = again.items();
    const blob = await again.blobOf(item);
    connection.open = true;
    again.flush();
    for (let i = 0; i < 100 && acked.length === 0; i += 1) await settle();
    return [item.kind, item.file.name, await blob.text(), sent[0].attachment, await again.blobOf(item)];
    """
    )
    got = await run(page, body, "{ Outbox } from outbox", "{ openStore } from store")
    assert got == ["file", "leaf.txt", "leaf", "up", None]


async def test_a_store_without_storage_remembers_while_the_page_lives(browser: Browser) -> None:
    blocked = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no'); } });"
    async with bench(browser, before=blocked) as page:
        body = """
        const s = openStore("k:");
        s.set("a", { b: [1, null] }); s.set("c", 2); s.remove("c");
        return [s.durable, s.get("a"), s.get("c", "gone"), s.keys()];
        """
        assert await run(page, body, "{ openStore } from store") == [False, {"b": [1, None]}, "gone", ["a"]]


async def test_a_full_store_falls_back_to_memory(page: Page) -> None:
    body = """
    const s = openStore("k:");
    const kept = [s.set("small", 1), s.set("huge", "x".repeat(6_000_000))];
    return [kept, s.get("huge").length, s.get("small"), s.keys().sort()];
    """
    got = await run(page, body, "{ openStore } from store")
    assert got == [[True, False], 6_000_000, 1, ["huge", "small"]]


async def test_languages_are_matched_and_numbers_inflected(page: Page) -> None:
    body = """
    const match = (wanted) => matchLocale(wanted, ["en", "zh-CN"]);
    const found = ["zh-Hans-HK", "zh_CN", "ZH", "en-GB", "fr", null].map(match);
    const list = match(["fr-CA", "zh-TW", "en"]);
    const words = { n: "{count} words", n_one: "one word", hi: "hi {name} {other}" };
    await useLocale("en", { en: async () => ({ default: words }) });
    return [found, list, t("n", { count: 1 }), t("n", { count: 3 }), t("hi", { name: "$&" }), t("missing")];
    """
    got = await run(page, body, "{ matchLocale, t, useLocale } from i18n")
    assert got[0] == ["zh-CN", "zh-CN", "zh-CN", "en", "en", "en"]
    assert got[1:] == ["zh-CN", "one word", "3 words", "hi $& {other}", "missing"]


async def test_times_are_the_viewers(page: Page) -> None:
    noon = 1_763_611_200_000  # 2025-11-20 12:00 in Shanghai, 04:00 UTC
    body = """
    const { useLocale } = await import("http://modules.localhost/shared/i18n.js");
    const words = async () => ({ default: {} });
    const said = async (tag) => {
      await useLocale(tag, { en: words, "zh-CN": words });
      const day = 86_400_000;
      return [clock(argument), dayKey(argument), dayLabel(argument, argument),
        dayLabel(argument - day, argument), ago(argument - 120_000, argument), bytes(1536)];
    };
    return [await said("en"), await said("zh-CN"), elapsed(245_000), elapsed(3_729_000), bytes(0)];
    """
    imports = "{ ago, bytes, clock, dayKey, dayLabel, elapsed } from time"
    english, chinese, *rest = await run(page, body, imports, argument=noon)
    assert english == ["12:00", "2025-11-20", "Today", "Yesterday", "2 min. ago", "1.5 KB"]
    assert chinese == ["12:00", "2025-11-20", "今天", "昨天", "2分钟前", "1.5 KB"]
    assert rest == ["4:05", "1:02:09", "0 B"]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://a.example/b?c=1.", ["https://a.example/b?c=1"]),
        ("见 https://a.example/茶。谢谢", ["https://a.example/茶"]),
        ("(http://a.example/x) and me@b.example!", ["http://a.example/x", "mailto:me@b.example"]),
        ("javascript:alert(1) ftp://x.example data:text/html,x", []),
        ("https://a.example/<script>", ["https://a.example/"]),
    ],
)
async def test_links(page: Page, text: str, links: list[str]) -> None:
    body = """
    const nodes = linkify(argument);
    const shown = nodes.map((n) => n.textContent ?? n).join("");
    const anchors = nodes.filter((n) => n.tagName === "A");
    const safe = anchors.every((a) => /noopener.*nofollow/.test(a.rel));
    return [shown, anchors.map((a) => a.getAttribute("href")), safe];
    """
    assert await run(page, body, "{ linkify } from dom", argument=text) == [text, links, True]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_any_accent_becomes_readable(page: Page, scheme: str) -> None:
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    body = """
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href: "/shared/tokens.css" });
    await new Promise((done) => { link.onload = done; document.head.append(link); });
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    return ["#ffff00", "#111111", "#ff6a00", "#2f6a45", "#e11d48", "#7dd3fc", "#888"].map((accent) => {
      applyAccent(accent);
      const between = (a, b) => contrast(colour(a), colour(b));
      return [accent, between("--accent", "--on-accent"), between("--accent-text", "--surface-2"),
        between("--accent-text", "--accent-soft"), between("--focus", "--surface")];
    });
    """
    rows: list[Any] = await run(page, body, "{ applyAccent, contrast } from accent")
    for accent, button, text, soft, focus in rows:
        assert min(button, text, soft) >= 4.5, (accent, button, text, soft)
        assert focus >= 3, accent
    assert not await run(page, "return applyAccent('red;--x:1')", "{ applyAccent } from accent")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_tokens_keep_their_contrast(page: Page, scheme: str) -> None:
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    body = """
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href: "/shared/tokens.css" });
    await new Promise((done) => { link.onload = done; document.head.append(link); });
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    const pairs = [];
    for (const text of ["text", "text-2", "text-3"])
      for (const ground of ["canvas", "surface", "surface-2"]) pairs.push([text, ground, 4.5]);
    pairs.push(["text", "surface-3", 4.5], ["text-2", "surface-3", 4.5], ["on-accent", "accent", 4.5],
      ["on-accent", "accent-hover", 4.5], ["accent-text", "surface", 4.5], ["accent-text", "surface-2", 4.5],
      ["accent-text", "accent-soft", 4.5], ["on-danger", "danger", 4.5], ["danger-text", "surface", 4.5],
      ["danger-text", "danger-soft", 4.5], ["danger-text", "canvas", 4.5], ["warn-text", "warn-soft", 4.5],
      ["ok-text", "ok-soft", 4.5], ["note-text", "note", 4.5], ["border-strong", "surface", 3],
      ["star", "surface", 3], ["focus", "surface", 3], ["focus", "canvas", 3], ["online", "surface", 3]);
    return pairs.map(([a, b, least]) => [a, b, contrast(colour(a), colour(b)), least]);
    """
    rows: list[Any] = await run(page, body, "{ contrast } from accent")
    assert [row for row in rows if row[2] < row[3]] == []
