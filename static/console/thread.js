/* thread.js: the messages of the opened conversation: day lines, receipts, quiet events, notes, what waits in the outbox.
 *   const thread = new Thread(desk);   thread.open(id)   (null: nothing opened)
 * Keeps its place: at the end it stays at the end, elsewhere the line being read does not move, whatever arrives. */

import { el } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { dayKey, dayLabel } from "../shared/time.js";
import { bubble, line, stateOfItem } from "./bubble.js";
import { eventText, say, visitorName } from "./describe.js";

const END_PX = 48;
const OLDER_PX = 320;
const RUN_MS = 5 * 60_000;

export class Thread {
  #desk;
  #id = null;
  #nodes = new Map();
  #drawing = false;
  #atEnd = true;
  #newFrom = null;
  #below = 0;
  #error = null;
  #loading = false;
  #placed = false;
  #log = document.getElementById("log");
  #latest = document.getElementById("to-latest");
  #typing = document.getElementById("typing");

  constructor(desk) {
    this.#desk = desk;
    desk.isReading = () => this.#id !== null && this.#atEnd && document.visibilityState === "visible" && document.hasFocus();
    const mine = (id) => id === this.#id && this.draw();
    desk.on("thread", mine);
    desk.on("outbox", mine);
    desk.on("link", () => this.draw());
    desk.on("typing", (id) => id === this.#id && this.#drawTyping());
    desk.on("arrived", (entry) => {
      if (entry.conversation === this.#id && !this.#atEnd) this.#below += 1;
    });
    this.#log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#latest.addEventListener("click", () => this.#toEnd(true));
    document.addEventListener("visibilitychange", () => this.#seen());
    addEventListener("focus", () => this.#seen());
    new ResizeObserver(() => this.#atEnd && this.#toEnd()).observe(this.#log);
    setInterval(() => this.#id !== null && this.draw(), 15_000); // recall ends after two minutes
  }

  async open(id) {
    this.#id = id;
    this.#nodes.clear();
    this.#log.replaceChildren();
    this.#error = null;
    this.#below = 0;
    this.#newFrom = null;
    this.#atEnd = true;
    this.#placed = false;
    this.#drawTyping();
    if (id === null) {
      await this.#desk.open(null);
      return;
    }
    const kept = this.#desk.timeline(id).lastSeq > 0;
    if (kept) this.#draw();
    else this.#log.append(ghosts());
    try {
      const row = this.#desk.rows.get(id);
      const unread = this.#desk.rows.isMine(id) ? row.unread : 0;
      await this.#desk.open(id);
      if (this.#id !== id) return;
      this.#markNew(unread);
      if (!this.#desk.rows.has(id)) this.#error = t("thread.not_found");
    } catch (error) {
      if (this.#id !== id) return;
      this.#error = t(error.status === 404 || error.status === 403 ? "thread.not_found" : "thread.failed");
    }
    this.#draw();
    this.#place();
    this.#seen();
  }

  #markNew(unread) {
    if (unread === 0) return;
    const said = this.#desk.timeline(this.#id).entries().filter((entry) => entry.sender && entry.kind !== "event");
    /* What somebody has answered is not new, whatever the marks say. */
    const since = said.slice(said.findLastIndex((entry) => entry.sender.kind === "agent") + 1);
    const theirs = since.filter((entry) => entry.sender.kind === "visitor");
    this.#newFrom = (theirs.at(-unread) ?? theirs[0])?.seq ?? null;
  }

  /* Opened with unread messages: the first of them in view; else the end. */
  #place() {
    this.#placed = true;
    const mark = this.#nodes.get("new")?.node;
    const top = mark ? mark.offsetTop - 48 : Infinity;
    const end = this.#log.scrollHeight - this.#log.clientHeight;
    this.#log.scrollTop = Math.min(top, end);
    this.#scrolled();
  }

  draw() {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      if (this.#id !== null && this.#placed) {
        this.#draw();
        this.#seen();
      }
    });
  }

  #draw() {
    const anchor = this.#atEnd ? null : this.#anchor();
    this.#reconcile(this.#error ? [{ key: "error", sign: this.#error, make: () => line(this.#error, "error") }] : this.#items());
    const held = anchor && this.#nodes.get(anchor.key)?.node;
    if (held) this.#log.scrollTop += held.getBoundingClientRect().bottom - anchor.bottom;
    else if (!anchor) this.#log.scrollTop = this.#log.scrollHeight;
    this.#drawLatest();
  }

  /* The first message in sight. By key, because its element may be made anew; not a day line, because that moves up
     when older messages of the same day come in; its lower edge, because its name goes when it begins no run any more. */
  #anchor() {
    const { top } = this.#log.getBoundingClientRect();
    for (const { node, key } of this.#nodes.values()) {
      if (!/^[sc]/.test(key) || node.getBoundingClientRect().bottom <= top) continue;
      return { key, bottom: node.getBoundingClientRect().bottom };
    }
    return null;
  }

  #items() {
    const timeline = this.#desk.timeline(this.#id);
    const items = [this.#topItem(timeline)];
    const said = [...timeline.entries(), ...this.#desk.outbox.items(this.#id).map((item) => this.#pendingEntry(item))];
    let day = null;
    said.forEach((entry, at) => {
      const when = entry.created_at ?? said.slice(at).find((next) => next.created_at)?.created_at ?? null;
      if (when !== null && dayKey(when) !== day) {
        day = dayKey(when);
        items.push(dayItem(day, when));
      }
      if (entry.seq && entry.seq === this.#newFrom) items.push({ key: "new", sign: "", make: () => line(t("thread.new"), "new") });
      const made = this.#item(entry, said[at - 1], said[at + 1], timeline);
      if (made) items.push(made);
    });
    return items;
  }

  #topItem(timeline) {
    const text = timeline.hasOlder ? t("thread.loading_older") : t("thread.beginning");
    return { key: "top", sign: text, make: () => line(text, "top") };
  }

  #pendingEntry(item) {
    const { conversation, client_msg_id, kind, text, attachment, card, reply_to, created_at } = item;
    return { conversation, client_msg_id, kind, text, attachment, card, reply_to, created_at, seq: null, event: null, sender: this.#desk.self, item };
  }

  #item(entry, before, after, timeline) {
    const { self } = this.#desk;
    if (entry.kind === "hidden") return { key: `s${entry.seq}`, sign: "hidden", make: () => line(t("hidden"), "hidden") };
    if (entry.kind === "event" && entry.event?.name !== "note") {
      const text = eventText(entry, self.id);
      return text === null ? null : { key: `s${entry.seq}`, sign: text, make: () => line(text) };
    }
    const { item = null } = entry;
    const isOwn = entry.sender.kind === "agent" && entry.sender.id === self.id;
    const state = item ? stateOfItem(item, this.#desk) : entry.kind === "event" || !isOwn ? null : timeline.stateOf(entry);
    const recallable = isOwn && !item && entry.kind !== "event" && Date.now() - entry.created_at < this.#desk.config.limits.recall_ms;
    const place = { first: !sameRun(before, entry), last: !sameRun(entry, after) };
    const sign = [state, item?.progress ?? "", item?.error?.code ?? "", place.first, place.last, recallable, entry.attachment?.id ?? ""].join(" ");
    return {
      key: entry.client_msg_id ? `c${entry.client_msg_id}` : `s${entry.seq}`,
      sign,
      make: () => bubble(entry, { desk: this.#desk, place, state, item, recallable }),
    };
  }

  #reconcile(items) {
    const wanted = new Set(items.map((item) => item.key));
    for (const [key, { node }] of this.#nodes) {
      if (!wanted.has(key)) {
        node.remove();
        this.#nodes.delete(key);
      }
    }
    for (const stray of this.#log.querySelectorAll(":scope > .log-ghosts")) stray.remove();
    let before = null;
    for (const { key, sign, make } of items) {
      let known = this.#nodes.get(key);
      if (!known || known.sign !== sign) {
        const node = make();
        known?.node.replaceWith(node);
        known = { key, sign, node };
      }
      this.#nodes.delete(key); // the map keeps the order of the screen
      this.#nodes.set(key, known);
      const place = before === null ? this.#log.firstChild : before.nextSibling;
      if (place !== known.node) this.#log.insertBefore(known.node, place);
      before = known.node;
    }
  }

  #scrolled() {
    if (this.#id === null || !this.#placed) return;
    const left = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight;
    this.#atEnd = left <= END_PX;
    if (this.#atEnd) this.#below = 0;
    this.#drawLatest();
    this.#seen();
    if (this.#log.scrollTop < OLDER_PX) this.#older();
  }

  async #older() {
    const id = this.#id;
    const timeline = this.#desk.timeline(id);
    if (this.#loading || !timeline.hasOlder) return;
    this.#loading = true;
    try {
      await timeline.loadOlder();
    } catch {
      /* the next scroll asks again */
    } finally {
      this.#loading = false;
    }
    /* A short page may leave the top still in sight. */
    if (id === this.#id && this.#log.scrollTop < OLDER_PX) this.draw();
  }

  #drawLatest() {
    this.#latest.hidden = this.#atEnd;
    const text = this.#below > 0 ? t("thread.to_latest_new", { count: this.#below }) : t("thread.to_latest");
    if (this.#latest.textContent !== text) this.#latest.textContent = text;
    this.#latest.classList.toggle("has-new", this.#below > 0);
  }

  #toEnd(smooth = false) {
    this.#log.scrollTo({ top: this.#log.scrollHeight, behavior: smooth && !matchMedia("(prefers-reduced-motion: reduce)").matches ? "smooth" : "instant" });
  }

  /* What the agent wrote belongs in front of them. */
  toEnd() {
    this.#atEnd = true;
    this.#newFrom = null;
    this.draw();
  }

  #seen() {
    if (this.#placed && this.#desk.isReading()) this.#desk.seen(this.#id);
  }

  #drawTyping() {
    const typist = this.#id === null ? null : this.#desk.typist(this.#id);
    if (!typist) {
      this.#typing.replaceChildren();
      return;
    }
    const name = visitorName(this.#desk.rows.get(this.#id));
    const text = typist.preview ? say("thread.previewing", { name, text: typist.preview }) : say("thread.typing", { name });
    this.#typing.replaceChildren(el("span.dots", { ariaHidden: "true" }, el("i"), el("i"), el("i")), el("span.typing-text", {}, text));
  }
}

function sameRun(a, b) {
  if (!a || !b || !a.sender || !b.sender) return false;
  if (isPlainEvent(a) || isPlainEvent(b)) return false;
  if (a.sender.kind !== b.sender.kind || a.sender.id !== b.sender.id) return false;
  if ((a.kind === "event") !== (b.kind === "event")) return false;
  return Math.abs(b.created_at - a.created_at) < RUN_MS && dayKey(a.created_at) === dayKey(b.created_at);
}

function isPlainEvent(entry) {
  return entry.kind === "event" && entry.event?.name !== "note";
}

function dayItem(day, when) {
  return { key: `d${day}`, sign: dayLabel(when), make: () => line(dayLabel(when), "day") };
}

function ghosts() {
  const shape = (side, width) => el(`div.log-ghost.${side}`, {}, el(`span.ghost.ghost-bubble.${width}`));
  return el("div.log-ghosts", { ariaHidden: "true" }, shape("theirs", "w2"), shape("theirs", "w3"), shape("ours", "w2"), shape("theirs", "w1"), shape("ours", "w3"));
}
