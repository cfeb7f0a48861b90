/* thread.js: the messages of the opened conversation: day lines, receipts, quiet events, notes, what waits in the outbox.
 *   const thread = new Thread(desk, { onQuote(entry), onAgain(text) });   thread.open(id)   (null: nothing opened)
 *   await thread.jump(seq)   brings a message into sight, reading as much as lies between; thread.toEnd()
 * Keeps its place: at the end it stays at the end, elsewhere the line being read does not move, whatever arrives. */

import { el } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { line } from "./bubble.js";
import { say, visitorName } from "./describe.js";
import { pairOf, teach } from "./dialogs/teach.js";
import { itemsOf } from "./items.js";
import { mayWrite, standing } from "./standing.js";
import { toast } from "./toast.js";
import { editNote, recall, tick } from "./tools.js";
import { explain } from "./why.js";

const END_PX = 48;
const OLDER_PX = 320;
/* A page of a jump, and how far one goes back: 5,000 messages are more than anybody reads upwards. */
const JUMP_PAGE = 200;
const JUMP_PAGES = 25;
const FOUND_MS = 2_400;

export class Thread {
  #desk;
  #on;
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
  #unread = document.getElementById("to-unread");
  #typing = document.getElementById("typing");

  constructor(desk, on) {
    this.#desk = desk;
    this.#on = on;
    desk.isReading = () => this.#id !== null && this.#atEnd && document.visibilityState === "visible" && document.hasFocus();
    const mine = (id) => id === this.#id && this.draw();
    desk.on("thread", mine);
    desk.on("outbox", mine);
    desk.on("link", () => this.draw());
    desk.on("rows", mine);
    desk.on("typing", (id) => id === this.#id && this.#drawTyping());
    desk.on("writers", (id) => id === this.#id && this.#drawTyping());
    desk.on("arrived", (entry) => {
      if (entry.conversation === this.#id && !this.#atEnd) this.#below += 1;
    });
    this.#log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#latest.addEventListener("click", () => this.#toEnd(true));
    this.#unread.addEventListener("click", () => this.jump(this.#newFrom));
    document.addEventListener("visibilitychange", () => this.#seen());
    addEventListener("focus", () => this.#seen());
    new ResizeObserver(() => this.#atEnd && this.#toEnd()).observe(this.#log);
    setInterval(() => tick(this.#log) && this.draw(), 1000); // recall ends after two minutes
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
    const pending = this.#desk.outbox.items(this.#id).map((item) => this.#pendingEntry(item));
    const mayQuote = mayWrite(standing(this.#desk.rows.get(this.#id), this.#desk.self.id));
    return itemsOf({ timeline: this.#desk.timeline(this.#id), pending, newFrom: this.#newFrom, desk: this.#desk, on: { mayQuote, ...this.#acts } });
  }

  #acts = {
    quote: (entry) => this.#on.onQuote(entry),
    jump: (seq) => this.jump(seq),
    why: (entry) => explain(this.#desk, entry),
    teach: (entry) => teach(this.#desk, entry, pairOf(this.#desk.timeline(this.#id), entry)),
    edit: (entry) => editNote(this.#desk, entry, this.#textOf(entry)),
    recall: (entry) => recall(this.#desk, entry, (text) => this.#on.onAgain(text)),
  };

  #textOf(entry) {
    const edits = this.#desk.timeline(this.#id).entries().filter((one) => one.event?.name === "note_edited" && one.event.data.seq === entry.seq);
    return edits.at(-1)?.text ?? entry.text;
  }

  #pendingEntry(item) {
    const { conversation, client_msg_id, kind, text, attachment, card, reply_to, created_at } = item;
    return { conversation, client_msg_id, kind, text, attachment, card, reply_to, created_at, seq: null, event: null, sender: this.#desk.self, item };
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

  async jump(seq) {
    const id = this.#id;
    const timeline = this.#desk.timeline(id);
    try {
      for (let page = 0; page < JUMP_PAGES && timeline.firstSeq > seq && id === this.#id; page += 1) {
        const { data } = await this.#desk.api.get(`conversations/${id}/messages/`, { before_seq: timeline.firstSeq, limit: JUMP_PAGE });
        for (const entry of data) timeline.apply(entry);
        timeline.hasOlder = data.length > 0 && timeline.firstSeq > 1;
        if (data.length === 0) break;
      }
    } catch (error) {
      if (!error?.code) throw error;
      toast(t("thread.failed"), { kind: "failed" });
    }
    if (id !== this.#id) return;
    this.#atEnd = false;
    this.#draw();
    const entry = timeline.get(seq);
    const node = this.#nodes.get(entry?.client_msg_id ? `c${entry.client_msg_id}` : `s${seq}`)?.node;
    if (!node) return;
    node.scrollIntoView({ block: "center" });
    node.classList.add("found");
    setTimeout(() => node.classList.remove("found"), FOUND_MS);
    this.#scrolled();
  }

  #drawLatest() {
    const mark = this.#nodes.get("new")?.node;
    const above = mark !== undefined && mark.getBoundingClientRect().bottom < this.#log.getBoundingClientRect().top;
    this.#unread.hidden = !above;
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
    const writers = this.#id === null ? [] : this.#desk.watching.writers(this.#id);
    this.#typing.dataset.kind = writers.length > 0 ? "colleague" : "visitor";
    if (writers.length > 0) {
      const words = say("thread.colleague_writing", { names: writers.join(t("list.comma")) });
      this.#typing.replaceChildren(dots(), el("span.typing-text", {}, words));
      return;
    }
    if (!typist) {
      this.#typing.replaceChildren();
      return;
    }
    const name = visitorName(this.#desk.rows.get(this.#id));
    const text = typist.preview ? say("thread.previewing", { name, text: typist.preview }) : say("thread.typing", { name });
    this.#typing.replaceChildren(dots(), el("span.typing-text", {}, text));
  }
}

function dots() {
  return el("span.dots", { ariaHidden: "true" }, el("i"), el("i"), el("i"));
}

function ghosts() {
  const shape = (side, width) => el(`div.log-ghost.${side}`, {}, el(`span.ghost.ghost-bubble.${width}`));
  return el("div.log-ghosts", { ariaHidden: "true" }, shape("theirs", "w2"), shape("theirs", "w3"), shape("ours", "w2"), shape("theirs", "w1"), shape("ours", "w3"));
}
