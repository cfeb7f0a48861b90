/* live.js: a supervisor's overview of this minute: who waits, who answers, how busy everybody is. Takes the thread's place.
 *   const live = new Live(desk, { people, onOpen(id) });   live.show()   live.hide()   live.shown */

import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { elapsed } from "../shared/time.js";
import { failure, initial, visitorName } from "./describe.js";
import { BUILT_IN, OPEN } from "./filters.js";
import { level } from "./sla.js";
import { isSupervisor } from "./standing.js";
import { everySecond } from "./ticker.js";
import { toast } from "./toast.js";

const AGAIN_MS = 5_000;
const LONGEST = 12;
const MOST_AGENTS = 100;
const RANK = { online: 0, busy: 1, away: 2, offline: 3 };

export class Live {
  shown = false;
  #desk;
  #people;
  #on;
  #stats = null;
  #timer = null;
  #agent = null;
  #root = document.getElementById("live");
  #thread = document.getElementById("thread-pane");
  #button = document.getElementById("live-button");
  #part = {
    figures: el("div.figures"),
    waits: el("ul.live-rows"),
    agents: el("ul.live-rows"),
    groups: el("ul.live-rows"),
    own: el("ul.live-rows"),
  };

  constructor(desk, { people, ...on }) {
    this.#desk = desk;
    this.#people = people;
    this.#on = on;
    this.#button.hidden = !isSupervisor(desk.self);
    this.#button.addEventListener("click", () => this.show());
    const close = el("button.icon-button", { type: "button", ariaLabel: t("live.close"), title: t("live.close"), onclick: () => this.hide() }, icon("x"));
    this.#part.ownTitle = el("h3", {});
    this.#part.ownSection = el("section.live-section", { hidden: true }, this.#part.ownTitle, this.#part.own);
    const section = (name, node) => el("section.live-section", {}, el("h3", {}, t(`live.${name}`)), node);
    this.#part.groupSection = section("groups", this.#part.groups);
    fill(
      this.#root,
      el("header.pane-head.live-head", {}, el("h2", {}, t("live.title")), close),
      el("div.live-body", { tabIndex: 0, role: "region", ariaLabel: t("live.title") }, this.#part.figures, section("waiting", this.#part.waits), section("agents", this.#part.agents), this.#part.ownSection, this.#part.groupSection),
    );
    for (const name of ["people", "rows"]) desk.on(name, () => this.shown && this.#later());
    everySecond(() => this.shown && this.#tick());
  }

  show() {
    this.shown = true;
    this.#thread.classList.add("is-live");
    this.#root.hidden = false;
    this.#button.setAttribute("aria-current", "page");
    document.body.dataset.pane = "thread";
    this.#agent = null;
    this.#draw();
    this.#read();
  }

  hide() {
    if (!this.shown) return;
    this.shown = false;
    clearTimeout(this.#timer);
    this.#thread.classList.remove("is-live");
    this.#root.hidden = true;
    this.#button.removeAttribute("aria-current");
  }

  async #read() {
    clearTimeout(this.#timer);
    try {
      const asked = [this.#desk.api.get("stats/live/"), this.#desk.api.get("stats/live/agents/", { limit: MOST_AGENTS }), this.#desk.lists.load(BUILT_IN.waiting)];
      const [stats, agents] = await Promise.all(asked);
      this.#stats = stats.data;
      for (const agent of agents.data) this.#people.know(agent);
    } catch (error) {
      if (this.#stats === null) toast(failure(error), { kind: "failed" });
    }
    if (!this.shown) return;
    this.#draw();
    this.#timer = setTimeout(() => this.#read(), AGAIN_MS);
  }

  #pending = false;
  #later() {
    if (this.#pending) return;
    this.#pending = true;
    setTimeout(() => {
      this.#pending = false;
      if (this.shown) this.#draw();
    }, 250);
  }

  #agents() {
    return [...this.#people.agents.values()].filter((agent) => agent.status).sort((a, b) => RANK[a.status] - RANK[b.status] || (b.load ?? 0) - (a.load ?? 0) || a.name.localeCompare(b.name));
  }

  #draw() {
    const waiting = this.#desk.rows.view("waiting");
    const agents = this.#agents();
    const here = agents.filter((agent) => agent.status !== "offline");
    const seats = (key) => here.reduce((sum, agent) => sum + (agent[key] ?? 0), 0);
    const of = (key) => (this.#stats ?? []).reduce((sum, site) => sum + (site[key] ?? 0), 0);
    const longest = waiting.length > 0 ? Math.min(...waiting.map((row) => row.waiting_since ?? Date.now())) : null;
    const replies = of("first_replies");
    const within = (this.#stats ?? []).reduce((sum, site) => sum + (site.service_level ?? 0) * (site.first_replies ?? 0), 0);
    fill(
      this.#part.figures,
      figure("waiting", String(Math.max(of("waiting"), waiting.length))),
      figure("longest", longest === null ? "0:00" : elapsed(Date.now() - longest), { since: longest ?? "" }),
      figure("online", String(agents.filter((agent) => agent.status === "online").length)),
      figure("load", seats("capacity") > 0 ? `${seats("load")}/${seats("capacity")}` : String(seats("load"))),
      figure("level", replies > 0 ? `${Math.round((100 * within) / replies)}%` : "–"),
    );
    fill(this.#part.waits, ...waiting.slice(0, LONGEST).map((row) => this.#row(row)), waiting.length === 0 && el("li.quiet", {}, t("empty.waiting.title")));
    fill(this.#part.agents, ...agents.map((agent) => this.#person(agent)), agents.length === 0 && el("li.quiet", {}, t("live.nobody")));
    const groups = (this.#stats ?? []).flatMap((site) => site.groups.map((group) => ({ ...group, site: site.site })));
    this.#part.groupSection.hidden = groups.length < 2;
    fill(this.#part.groups, ...groups.map((group) => this.#group(group)));
    this.#drawOwn();
  }

  #group({ group, site, waiting, oldest_wait_ms: oldest, online, load, capacity }) {
    const name = group?.name ?? t("filter.no_group");
    const where = this.#desk.config.sites.length > 1 ? `${name} · ${site.name}` : name;
    const said = [t("live.group_waiting", { count: waiting }), oldest > 0 && elapsed(oldest), t("live.group_online", { count: online })].filter(Boolean).join(" · ");
    return el("li.live-row", {}, el("span.live-name", {}, where), el("span.live-aside.num", {}, said), el("span.live-load.num", {}, `${load}/${capacity}`));
  }

  #row(row) {
    const since = level(row, this.#desk.config.sla);
    return el(
      "li.live-row",
      { data: { id: row.id } },
      el("span.avatar.small", { ariaHidden: "true" }, initial(visitorName(row))),
      el("button.link-button.live-name", { type: "button", onclick: () => this.#on.onOpen(row.id) }, visitorName(row)),
      el("span.live-aside", {}, row.agent?.name ?? row.group?.name ?? ""),
      since && el("span.row-wait.num", { data: { level: since.level, since: row.waiting_since } }, elapsed(since.ms)),
      el("button.button.small", { type: "button", onclick: () => this.#take(row) }, t(row.status === "active" ? "live.take_over" : "act.accept")),
    );
  }

  #person(agent) {
    const share = agent.capacity ? Math.min(1, (agent.load ?? 0) / agent.capacity) : 0;
    const bar = el("meter.live-bar", { min: 0, max: 1, value: share, ariaLabel: t("presence.load", { load: agent.load ?? 0, capacity: agent.capacity ?? 0 }) });
    return el(
      "li.live-row",
      {},
      el("span.presence", { ariaHidden: "true", data: { status: agent.status } }),
      el("button.link-button.live-name", { type: "button", ariaExpanded: String(this.#agent === agent.id), onclick: () => this.#look(agent.id) }, agent.name),
      el("span.live-aside.num", {}, [t(`presence.${agent.status}`), agent.reason, agent.unanswered > 0 && t("live.unanswered", { count: agent.unanswered })].filter(Boolean).join(" · ")),
      bar,
      el("span.live-load.num", {}, agent.capacity ? `${agent.load ?? 0}/${agent.capacity}` : String(agent.load ?? 0)),
    );
  }

  /* One agent's conversations, to look over a shoulder or to take one over. */
  async #look(id) {
    this.#agent = this.#agent === id ? null : id;
    this.#draw();
    if (this.#agent === null) return;
    await this.#desk.lists.load({ status: OPEN, agent: id }).catch((error) => toast(failure(error), { kind: "failed" }));
    this.#draw();
  }

  #drawOwn() {
    this.#part.ownSection.hidden = this.#agent === null;
    if (this.#agent === null) return;
    const rows = this.#desk.rows.view({ status: OPEN, agent: this.#agent });
    this.#part.ownTitle.textContent = t("live.of", { name: this.#people.agents.get(this.#agent)?.name ?? "" });
    fill(this.#part.own, ...rows.map((row) => this.#row(row)), rows.length === 0 && el("li.quiet", {}, t("live.none")));
  }

  async #take(row) {
    try {
      if (row.status === "active") await this.#desk.act(row.id, "take-over");
      else await this.#desk.accept(row.id);
      this.#on.onOpen(row.id);
    } catch (error) {
      toast(failure(error), { kind: "failed" });
      this.#desk.lists.one(row.id, { fresh: true });
    }
  }

  #tick() {
    for (const node of this.#root.querySelectorAll("[data-since]")) {
      const since = Number(node.dataset.since);
      const text = since > 0 ? elapsed(Date.now() - since) : "0:00";
      if (node.textContent !== text) node.textContent = text;
    }
  }
}

function figure(name, value, data = {}) {
  return el("div.figure", {}, el("span.figure-value.num", { data }, value), el("span.figure-name", {}, t(`live.figure.${name}`)));
}
