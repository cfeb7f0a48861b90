/* banner.js: the strip under the head when the conversation stands in a way the agent should know before writing:
 * offered to them, put aside, they are a guest, or it was taken away while they had it open.
 *   const banner = new Banner(desk, { onAct(name), onNext() });   banner.open(id) */

import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { clock, dayKey, stamp } from "../shared/time.js";
import { say } from "./describe.js";
import { eventText } from "./events.js";
import { lastOf } from "./fate.js";
import { mayWrite, standing } from "./standing.js";

const GIVING = new Set(["assigned", "transferred"]);
const TAKING = new Set(["assigned", "accepted", "transferred", "queued", "closed", "refused", "handoff"]);

function moment(ms) {
  return dayKey(ms) === dayKey(Date.now()) ? clock(ms) : stamp(ms);
}

export class Banner {
  #desk;
  #on;
  #id = null;
  #was = null;
  #lost = false;
  #sign = "";
  #node = document.getElementById("thread-banner");

  constructor(desk, on) {
    this.#desk = desk;
    this.#on = on;
    const mine = (id) => id === this.#id && this.#draw();
    desk.on("rows", mine);
    desk.on("thread", mine);
  }

  open(id) {
    this.#id = id;
    this.#was = null;
    this.#lost = false;
    this.#draw();
  }

  #draw() {
    const row = this.#desk.rows.get(this.#id);
    const how = standing(row, this.#desk.self.id);
    if (mayWrite(how)) this.#lost = false;
    else if (this.#was !== null && mayWrite(this.#was)) this.#lost = true;
    this.#was = how;
    const shown = row ? this.#content(row, how) : null;
    const sign = JSON.stringify(shown && [shown.kind, shown.text, shown.note, shown.acts]);
    if (sign === this.#sign) return;
    this.#sign = sign;
    this.#node.hidden = shown === null;
    if (shown === null) return;
    const { kind, glyph, text, note, acts } = shown;
    this.#node.dataset.kind = kind;
    fill(
      this.#node,
      icon(glyph),
      el("div.banner-words", {}, el("p", {}, text), note && el("p.banner-note", {}, note)),
      el("div.banner-acts", {}, ...acts.map((act) => this.#button(act))),
    );
  }

  #button(act) {
    if (act === "next") return el("button.button", { type: "button", onclick: () => this.#on.onNext() }, t("act.next"));
    if (act === "dismiss") {
      return el("button.icon-button.small", {
        type: "button",
        ariaLabel: t("act.dismiss"),
        onclick: () => {
          this.#lost = false;
          this.#draw();
        },
      }, icon("x"));
    }
    return el(act === "accept" ? "button.button.primary" : "button.button", { type: "button", data: { act }, onclick: () => this.#on.onAct(act) }, t(`act.${act}`));
  }

  #content(row, how) {
    const { self } = this.#desk;
    const timeline = this.#desk.timeline(row.id);
    if (how === "offered") return this.#offered(row, timeline);
    const back = how === "mine" ? this.#back(timeline) : null;
    if (back) return back;
    if (how === "mine" && row.snoozed_until) return { kind: "calm", glyph: "snooze", text: say("banner.snoozed", { time: moment(row.snoozed_until) }), acts: ["wake"] };
    if (how === "guest") return { kind: "calm", glyph: "invite", text: say("banner.guest", { name: row.agent?.name ?? "" }), acts: ["leave"] };
    if (!this.#lost) return null;
    const entry = lastOf(timeline, TAKING);
    if (entry?.event.name === "closed" && entry.sender?.id === self.id) return null;
    const byMe = entry?.sender?.id === self.id;
    return { kind: byMe ? "calm" : "warn", glyph: byMe ? "transfer" : "alert", text: entry ? `${eventText(entry, self.id)} · ${clock(entry.created_at)}` : t("banner.lost"), acts: ["next", "dismiss"] };
  }

  /* Given back by whoever refused it: said until this agent writes or acts. */
  #back(timeline) {
    const entry = lastOf(timeline, TAKING);
    if (entry?.event.name !== "refused") return null;
    const { agent, reason } = entry.event.data;
    const answered = timeline.entries().some((one) => one.seq > entry.seq && one.sender?.id === this.#desk.self.id);
    return answered ? null : { kind: "warn", glyph: "transfer", text: say("banner.back", { name: agent?.name ?? "" }), note: reason ?? null, acts: ["transfer"] };
  }

  /* The word that came along is the note written with the transfer, by the same hand, just before or after it. */
  #offered(row, timeline) {
    const entry = lastOf(timeline, GIVING);
    const { from = null } = entry?.event.data ?? {};
    const note = entry && timeline.entries().find((one) => one.event?.name === "note" && Math.abs(one.seq - entry.seq) <= 1 && one.sender?.id === entry.sender?.id);
    const text = from && entry.sender?.kind === "agent" ? say("banner.transferred", { name: from.name }) : t("banner.assigned");
    return { kind: "offer", glyph: "transfer", text, note: note?.text ?? null, acts: ["accept", "refuse"] };
  }
}
