/* head.js: the head of the opened conversation: who, how it stands, who else looks at it, what can be done.
 *   const head = new ThreadHead(desk, { doing, onAct(name), onBack(), onPanel(), onBlock() });   head.open(id) */

import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { elapsed } from "../shared/time.js";
import { initial, say, visitorName } from "./describe.js";
import { menuButton } from "./menu.js";
import { standing } from "./standing.js";
import { toast } from "./toast.js";

const narrow = matchMedia("(max-width: 720px)");
/* In the order of the head: what is pressed all day stands open, the rest behind the three dots. */
const OPEN = ["accept", "take_over", "close", "reopen"];
const ICONS = { transfer: "transfer", invite: "invite", snooze: "snooze", wake: "wake" };
const HIDDEN = ["close_with", "whisper", "leave"];

export class ThreadHead {
  #desk;
  #on;
  #id = null;
  #part = {};
  #banner = document.getElementById("link-banner");

  constructor(desk, on) {
    this.#desk = desk;
    this.#on = on;
    this.#build();
    desk.on("rows", (id) => id === this.#id && this.#draw());
    desk.on("viewing", (id) => id === this.#id && this.#drawViewers());
    desk.on("people", () => this.#drawViewers());
    desk.on("link", (state) => this.#linked(state));
    document.addEventListener("keydown", (event) => this.#closeWith(event), { capture: true });
    setInterval(() => this.#tick(), 1000);
  }

  #build() {
    const buttons = OPEN.map((name) => [name, el(name === "accept" ? "button.button.primary" : "button.button", { type: "button", hidden: true, data: { act: name }, onclick: () => this.#on.onAct(name) }, t(`act.${name}`))]);
    const icons = Object.entries(ICONS).map(([name, glyph]) => [name, el("button.icon-button", { type: "button", hidden: true, data: { act: name }, title: t(`act.${name}`), ariaLabel: t(`act.${name}`), onclick: () => this.#on.onAct(name) }, icon(glyph))]);
    this.#part = {
      avatar: el("span.avatar", { ariaHidden: "true" }),
      name: el("h2.thread-name", { id: "thread-name" }),
      vip: el("span.vip.num", { hidden: true }),
      status: el("span.status"),
      owner: el("span.thread-owner"),
      group: el("span.thread-group"),
      wait: el("span.row-wait.num"),
      viewers: el("span.viewers", { hidden: true }),
      link: el("span.thread-link", { role: "img" }),
      acts: new Map([...icons, ...buttons]),
      more: menuButton({ glyph: "more", label: t("head.more"), items: () => this.#menu() }),
    };
    const back = el("button.icon-button.back", { type: "button", ariaLabel: t("act.back"), onclick: () => this.#on.onBack() }, icon("back"));
    this.#part.panel = el("button.icon-button.panel-button", { type: "button", id: "panel-button", ariaLabel: t("act.panel"), title: t("act.panel"), onclick: () => this.#on.onPanel() }, icon("panel"));
    this.#part.panel.setAttribute("aria-controls", "context-pane");
    const { avatar, name, vip, status, owner, group, wait, viewers, link, acts, more, panel } = this.#part;
    fill(
      document.getElementById("thread-head"),
      back,
      avatar,
      el("div.thread-who", {}, el("div.thread-title", {}, name, vip), el("div.thread-facts", {}, status, wait, owner, group, viewers)),
      el("div.thread-acts", {}, ...acts.values(), more, link, panel),
    );
  }

  /* Before keys.js, to which Alt+Shift+E is Alt+E. */
  #closeWith(event) {
    if (!event.altKey || !event.shiftKey || event.code !== "KeyE" || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.#on.onAct("close_with");
  }

  #menu() {
    const row = this.#desk.rows.get(this.#id);
    const keys = { close_with: "Alt+Shift+E" };
    const act = (name) => this.#on.doing.able(name, row) && { name: t(`act.${name}`), glyph: { close: "closed", close_with: "closed", whisper: "whisper", leave: "leave", ...ICONS }[name], keys: keys[name], run: () => this.#on.onAct(name) };
    const folded = narrow.matches ? [...Object.keys(ICONS), ...(this.#part.acts.get("accept").hidden ? [] : ["close"])].map(act) : [];
    const list = [...folded, ...HIDDEN.map(act)].filter(Boolean);
    return [...list, ...(list.length > 0 ? [null] : []), { name: t("act.copy_link"), glyph: "copy", run: () => copyLink() }];
  }

  open(id) {
    this.#id = id;
    this.#draw();
    this.#drawViewers();
  }

  #draw() {
    const part = this.#part;
    const row = this.#desk.rows.get(this.#id);
    const how = standing(row, this.#desk.self.id);
    const name = row ? visitorName(row) : "";
    part.avatar.textContent = row ? initial(name) : "";
    part.name.textContent = name;
    const priority = row?.visitor?.priority ?? 0;
    part.vip.hidden = priority === 0;
    part.vip.textContent = t("head.vip", { level: priority });
    /* Whose it is says that it goes on, and the clock that somebody waits; room is short beside six buttons. */
    const told = !row?.snoozed_until && ((row?.agent && row.status === "active") || (row?.waiting_since && row.status === "queued"));
    part.status.textContent = row && !told ? t(row.snoozed_until && row.status === "active" ? "status.snoozed" : `status.${row.status}`) : "";
    part.status.dataset.status = row?.snoozed_until ? "snoozed" : (row?.status ?? "");
    const own = how === "mine" || how === "offered";
    part.owner.textContent = row?.agent && row.status === "active" ? (own ? t("thread.owner_me") : say("thread.owner", { name: row.agent.name })) : "";
    part.group.textContent = row?.group?.name ?? "";
    const hadFocus = [...part.acts.values()].find((button) => button === document.activeElement);
    for (const [act, button] of part.acts) {
      const shown = this.#on.doing.able(act, row) && !(act === "accept" && how === "offered") && !(act === "snooze" && row.snoozed_until);
      button.hidden = !shown;
    }
    part.more.hidden = !row;
    /* A button that went away under the finger leaves the keyboard where it was. */
    if (hadFocus?.hidden) document.getElementById("log").focus({ preventScroll: true });
    this.#tick();
  }

  #drawViewers() {
    const others = this.#id === null ? [] : this.#desk.people.viewers(this.#id);
    const { viewers } = this.#part;
    viewers.hidden = others.length === 0;
    if (others.length === 0) return;
    const names = others.map((agent) => agent.name).join(t("list.comma"));
    const text = say("head.viewing", { names });
    if (viewers.title === text) return;
    viewers.title = text;
    fill(viewers, icon("eye"), el("span.viewer-names", { ariaHidden: "true" }, names), el("span.sr-only", {}, text));
  }

  #tick() {
    const row = this.#desk.rows.get(this.#id);
    const since = row && row.status !== "closed" ? row.waiting_since : null;
    this.#part.wait.hidden = !since;
    if (!since) return;
    const ms = Date.now() - since;
    this.#part.wait.title = t("thread.waited", { time: elapsed(ms) });
    this.#part.wait.textContent = narrow.matches ? elapsed(ms) : this.#part.wait.title;
    this.#part.wait.dataset.level = ms > 300_000 ? "late" : ms > 60_000 ? "warn" : "calm";
  }

  /* Lies over the top of the log, so that nothing moves when the connection goes and comes. */
  #linked({ name }) {
    this.#part.link.dataset.state = name;
    this.#part.link.setAttribute("aria-label", t(`link.${name}`));
    const shown = ["reconnecting", "offline", "refused"].includes(name);
    this.#banner.hidden = !shown;
    if (!shown || this.#banner.dataset.state === name) {
      if (!shown) this.#banner.dataset.state = "";
      return;
    }
    this.#banner.dataset.state = name;
    const act =
      name === "refused"
        ? el("a.link-button", { href: `${this.#desk.config.login}?next=${encodeURIComponent(location.pathname)}` }, t("link.sign_in"))
        : el("button.link-button", { type: "button", onclick: () => this.#desk.connection.wake() }, t("link.try_now"));
    fill(this.#banner, icon("alert"), el("span", {}, t(`link.banner.${name}`)), act);
  }
}

async function copyLink() {
  try {
    await navigator.clipboard.writeText(location.href.split("#")[0]);
    toast(t("act.copied"));
  } catch {
    /* refused by the browser: the address bar says it too */
  }
}
