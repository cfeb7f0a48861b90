/* head.js: the head of the opened conversation: who, how it stands, what can be done.
 *   const head = new ThreadHead(desk, { onAct(name), onBack(), onPanel() });   head.open(id) */

import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { elapsed } from "../shared/time.js";
import { initial, say, visitorName } from "./describe.js";

const narrow = matchMedia("(max-width: 720px)");

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
    desk.on("link", (state) => this.#linked(state));
    setInterval(() => this.#tick(), 1000);
  }

  #build() {
    const act = (name, kind = "") => el(`button.button${kind}`, { type: "button", hidden: true, onclick: () => this.#on.onAct(name) }, t(`act.${name}`));
    this.#part = {
      avatar: el("span.avatar", { ariaHidden: "true" }),
      name: el("h2.thread-name", { id: "thread-name" }),
      status: el("span.status"),
      owner: el("span.thread-owner"),
      wait: el("span.row-wait.num"),
      link: el("span.thread-link", { role: "img" }),
      accept: act("accept", ".primary"),
      close: act("close"),
      reopen: act("reopen"),
    };
    const back = el("button.icon-button.back", { type: "button", ariaLabel: t("act.back"), onclick: () => this.#on.onBack() }, icon("back"));
    this.#part.panel = el("button.icon-button.panel-button", { type: "button", id: "panel-button", ariaLabel: t("act.panel"), title: t("act.panel"), onclick: () => this.#on.onPanel() }, icon("panel"));
    this.#part.panel.setAttribute("aria-controls", "context-pane");
    fill(
      document.getElementById("thread-head"),
      back,
      this.#part.avatar,
      el("div.thread-who", {}, this.#part.name, el("div.thread-facts", {}, this.#part.status, this.#part.owner, this.#part.wait)),
      el("div.thread-acts", {}, this.#part.accept, this.#part.close, this.#part.reopen, this.#part.panel),
    );
    /* On a phone the rail is out of sight while a thread is open. */
    this.#part.panel.before(this.#part.link);
  }

  open(id) {
    this.#id = id;
    this.#draw();
  }

  #draw() {
    const row = this.#desk.rows.get(this.#id);
    const name = row ? visitorName(row) : "";
    const { part, self } = { part: this.#part, self: this.#desk.self };
    part.avatar.textContent = row ? initial(name) : "";
    part.name.textContent = name;
    part.status.textContent = row ? t(`status.${row.status}`) : "";
    part.status.dataset.status = row?.status ?? "";
    const isMine = row?.agent?.id === self.id;
    part.owner.textContent = row?.agent && row.status === "active" ? (isMine ? t("thread.owner_me") : say("thread.owner", { name: row.agent.name })) : "";
    part.accept.hidden = !row || !(row.status === "queued" || row.status === "bot");
    part.close.hidden = !row || row.status === "closed" || (row.status === "active" && !isMine);
    part.reopen.hidden = row?.status !== "closed";
    this.#tick();
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
