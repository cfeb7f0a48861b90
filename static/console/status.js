/* status.js: one's own status in the rail and in the menu: online, busy, away, why and for how long; load and capacity.
 *   const status = new StatusMenu(desk, people);   status.say("busy", { reason, minutes }) */

import { el, fill } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { clock, elapsed } from "../shared/time.js";
import { failure } from "./describe.js";
import { BUILT_IN } from "./filters.js";
import { everySecond } from "./ticker.js";
import { toast } from "./toast.js";

const STATUSES = ["online", "busy", "away"];
const MINUTES = [0, 15, 30, 60, 120];
const REASONS = ["meal", "meeting", "training", "break"];

export class StatusMenu {
  #desk;
  #people;
  #mine = { status: "online", reason: "", until: null, load: 0, capacity: null };
  #linked = false;
  #choices;
  #part = {
    dot: document.getElementById("me-dot"),
    word: document.getElementById("me-status"),
    load: document.getElementById("me-load"),
  };
  #reason = el("input.input", { type: "text", maxLength: 100, autocomplete: "off", id: "status-reason" });
  #minutes = el("select.input", { id: "status-minutes" });
  #more = document.getElementById("status-more");

  constructor(desk, people) {
    this.#desk = desk;
    this.#people = people;
    this.#choices = STATUSES.map((status) => el("button", { type: "button", data: { status }, onclick: () => this.say(status) }, el("span.presence", { ariaHidden: "true", data: { status } }), t(`presence.${status}`)));
    fill(document.getElementById("status"), ...this.#choices);
    fill(this.#minutes, ...MINUTES.map((minutes) => el("option", { value: minutes }, minutes === 0 ? t("presence.open_end") : t("presence.minutes", { count: minutes }))));
    const reasons = el("datalist", { id: "status-reasons" }, ...REASONS.map((name) => el("option", { value: t(`presence.reason.${name}`) })));
    this.#reason.setAttribute("list", "status-reasons");
    fill(this.#more, el("label", { htmlFor: "status-reason" }, t("presence.reason")), this.#reason, el("label", { htmlFor: "status-minutes" }, t("presence.duration")), this.#minutes, reasons);
    this.#reason.addEventListener("change", () => this.#mine.status !== "online" && this.say(this.#mine.status));
    this.#minutes.addEventListener("change", () => this.#mine.status !== "online" && this.say(this.#mine.status));
    desk.on("people", (id) => (id === null || id === desk.self.id) && this.#take(people.agents.get(desk.self.id)));
    desk.on("link", ({ name }) => {
      this.#linked = name === "open";
      if (this.#linked) this.load();
      this.draw();
    });
    desk.on("rows", () => this.#drawLoad());
    everySecond(() => this.#mine.until && this.draw());
    this.draw();
  }

  /* A server without it: one is online while connected. */
  async load() {
    try {
      this.#take(await this.#desk.api.get("agents/me/status/"));
    } catch {
      this.draw();
    }
  }

  #take(standing) {
    if (!standing?.status) return;
    const { status, reason = "", until = null, load = null, capacity = null } = standing;
    /* One's own page is here, whatever was known a moment ago. */
    this.#mine = { status: status === "offline" ? (standing.availability ?? "online") : status, reason: reason ?? "", until, load, capacity };
    if (document.activeElement !== this.#reason) this.#reason.value = this.#mine.reason;
    this.draw();
  }

  async say(status, { reason = this.#reason.value, minutes = Number(this.#minutes.value) } = {}) {
    const before = this.#mine;
    const until = status !== "online" && minutes > 0 ? Date.now() + minutes * 60_000 : null;
    const said = status === "online" ? { availability: status } : { availability: status, reason: reason.trim(), until };
    this.#mine = { ...before, status, reason: said.reason ?? "", until };
    this.draw();
    try {
      this.#take(await this.#desk.api.put("agents/me/status/", said));
    } catch (error) {
      this.#mine = before;
      this.draw();
      toast(failure(error), { kind: "failed" });
    }
  }

  draw() {
    const { status, reason, until } = this.#mine;
    const shown = this.#linked ? status : "offline";
    this.#part.dot.dataset.status = shown;
    const left = until && until > Date.now() ? until - Date.now() : null;
    const ends = left === null ? "" : left < 3_600_000 ? elapsed(left) : clock(until);
    set(this.#part.word, [t(`presence.${shown}`), status === "online" ? "" : reason, ends].filter(Boolean).join(" · "));
    this.#drawLoad();
    for (const button of this.#choices) button.setAttribute("aria-pressed", String(button.dataset.status === status));
    this.#more.hidden = status === "online";
  }

  /* A seat is a row of “Mine”. The rows hear of it at once, the seats are told a second later: one number, one truth. */
  #drawLoad() {
    const { capacity } = this.#mine;
    const { lists, rows } = this.#desk;
    const known = lists.loaded(BUILT_IN.mine) && !lists.hasMore(BUILT_IN.mine);
    const load = known ? rows.counts().mine : (this.#mine.load ?? rows.counts().mine);
    set(this.#part.load, capacity ? `${load}/${capacity}` : String(load));
    const words = capacity ? t("presence.load", { load, capacity }) : t("presence.load_only", { load });
    if (this.#part.load.title !== words) this.#part.load.title = words;
    const level = capacity && load >= capacity ? "full" : "";
    if (this.#part.load.dataset.level !== level) this.#part.load.dataset.level = level;
  }
}

function set(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
