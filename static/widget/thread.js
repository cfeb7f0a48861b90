/* thread.js: draws timelines and outbox into the log, row by row: only what changed is made anew, and nothing jumps.
 *   const th = new Thread({ scroll, log, older, jump, actions, selfId })
 *   th.draw({ timelines, pending, previews, greeting, loading })   th.toBottom(smooth?)   th.atBottom
 *   th.onOlder = () => Promise   th.onSeen = () => {}  (the person looks at the end) */

import { el, fill, icon } from "../shared/dom.js";
import { locale, t } from "../shared/i18n.js";
import { dayKey } from "../shared/time.js";
import { reducedMotion } from "../shared/a11y.js";
import { actText, dayNode, messageNode, noteNode, partialNode } from "./bubble.js";

const GROUP_MS = 3 * 60_000;
const NEAR_PX = 72;

export class Thread {
  onOlder = null;
  onSeen = null;
  atBottom = true;
  #parts;
  #rows = new Map();
  #loadingOlder = false;
  #model = null;
  #lastKey = null;

  constructor(parts) {
    this.#parts = parts;
    const { scroll, jump } = parts;
    scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    jump.addEventListener("click", () => this.toBottom(true));
    const end = new ResizeObserver(() => this.atBottom && this.toBottom());
    for (const part of [scroll, parts.log, parts.below]) end.observe(part);
  }

  toBottom(smooth = false) {
    const { scroll } = this.#parts;
    scroll.scrollTo({ top: scroll.scrollHeight, behavior: smooth && !reducedMotion() ? "smooth" : "instant" });
    this.#scrolled();
  }

  #scrolled() {
    const { scroll, jump } = this.#parts;
    this.atBottom = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_PX;
    if (this.atBottom) {
      jump.hidden = true;
      this.onSeen?.();
    }
    if (scroll.scrollTop < NEAR_PX && scroll.scrollHeight > scroll.clientHeight) this.#more();
  }

  async #more() {
    const { scroll, log } = this.#parts;
    if (this.#loadingOlder || !this.#model?.hasOlder) return;
    this.#loadingOlder = true;
    log.setAttribute("aria-live", "off");
    const fromBottom = scroll.scrollHeight - scroll.scrollTop;
    try {
      await this.onOlder?.();
    } catch {
      /* the button stays for another try */
    } finally {
      this.#loadingOlder = false;
      scroll.scrollTop = scroll.scrollHeight - fromBottom;
      requestAnimationFrame(() => log.setAttribute("aria-live", "polite"));
    }
  }

  #rowsOf({ timelines, pending, previews, greeting }) {
    const rows = [];
    let day = null;
    let group = null;
    const actions = this.#parts.actions;
    const language = locale();

    const at = (ms) => {
      const key = dayKey(ms);
      if (key === day) return;
      day = key;
      group = null;
      rows.push({ key: `day ${key}`, sign: language, build: () => dayNode(ms) });
    };
    const say = (key, entry, props) => {
      at(entry.created_at);
      const who = props.own ? "me" : `${entry.sender?.kind} ${entry.sender?.id}`;
      const first = group === null || group.who !== who || entry.created_at - group.at > GROUP_MS;
      if (!first) group.row.props.last = false;
      const row = { key, props: { entry, first, last: true, actions: actions(entry), ...props } };
      group = { who, at: entry.created_at, row };
      rows.push(row);
      return row;
    };

    if (greeting) rows.push({ key: "greeting", sign: language + greeting.text, build: greeting.build });
    timelines.forEach((timeline, index) => {
      const entries = timeline.entries();
      for (const entry of entries) {
        if (entry.kind === "event") {
          const text = actText(entry);
          if (text === null) continue;
          at(entry.created_at);
          group = null;
          rows.push({ key: entry.id, sign: text, build: () => noteNode(text) });
          continue;
        }
        const own = entry.sender?.kind === "visitor";
        const quoted = entry.reply_to ? timeline.get(entry.reply_to) : null;
        const row = say(entry.client_msg_id ? `m ${entry.client_msg_id}` : entry.id, entry, {
          own,
          quoted: quoted?.kind === "hidden" ? null : quoted,
          preview: previews.get(entry.client_msg_id) ?? null,
        });
        if (own) row.timeline = timeline;
      }
      if (index < timelines.length - 1) {
        group = null;
        rows.push({ key: `end ${index}`, sign: language, build: () => el("div.split", {}, el("span", {}, t("earlier"))) });
      }
      for (const { stream, text } of timeline.partials()) {
        rows.push({ key: `p ${stream}`, sign: text, build: () => partialNode({ text, sender: { kind: "bot" } }) });
        group = null;
      }
    });
    for (const item of pending) {
      const { state, progress, error, file } = item;
      const entry = file && !item.attachment ? { ...item, attachment: file } : item;
      say(`m ${item.client_msg_id}`, entry, { own: true, state, progress, error, preview: previews.get(item.client_msg_id) ?? null });
    }
    this.#finish(rows);
    return rows;
  }

  /* The state is written under the last own message only, and under every one that is on its way or failed. */
  #finish(rows) {
    const own = rows.filter((row) => row.timeline);
    const newest = own.at(-1);
    if (newest) newest.props.state = newest.timeline.stateOf(newest.props.entry);
    for (const row of rows) {
      if (!row.props) continue;
      const { entry, first, last, state, progress, error, quoted, preview } = row.props;
      row.sign = [
        locale(),
        dayKey(Date.now()),
        entry.seq,
        first,
        last,
        state,
        progress && Math.round(progress * 20),
        error?.code,
        quoted?.seq,
        preview,
        preview ? "" : entry.attachment?.url,
        entry.text?.length,
      ].join("|");
      row.build = () => messageNode(row.props);
    }
  }

  draw(model) {
    this.#model = model;
    const { log, older, jump } = this.#parts;
    const rows = this.#rowsOf(model);
    const stick = this.atBottom;
    const kept = new Map();
    rows.forEach((row, index) => {
      const known = this.#rows.get(row.key);
      const node = known?.sign === row.sign ? known.node : row.build();
      if (known && known.node !== node) known.node.replaceWith(node);
      kept.set(row.key, { sign: row.sign, node });
      if (log.children[index] !== node) log.insertBefore(node, log.children[index] ?? null);
    });
    for (const [key, { node }] of this.#rows) if (!kept.has(key)) node.remove();
    this.#rows = kept;
    log.classList.toggle("empty", rows.every((row) => row.key === "greeting"));

    older.hidden = !model.hasOlder || model.loading;
    if (!older.hidden && older.childElementCount === 0) {
      older.append(el("button.link", { type: "button", onclick: () => this.#more() }, t("older")));
    }
    const lastKey = rows.at(-1)?.key ?? null;
    const grew = lastKey !== this.#lastKey;
    const mine = rows.at(-1)?.props?.own && grew && model.pending.length > 0;
    this.#lastKey = lastKey;
    if (stick || mine) this.toBottom();
    else if (grew && !this.#loadingOlder) {
      jump.hidden = false;
      fill(jump, icon("down"), el("span", {}, t("new_messages")));
    }
  }

  relabel() {
    this.#parts.older.replaceChildren();
    this.#rows.clear();
    this.#parts.log.replaceChildren();
  }
}
