/* row.js: one row of the list: makes its elements, and paints what is known of a conversation into them.
 *   const painter = new RowPainter(desk, people, { onOpen(id, event), onPick(id, event) });
 *   painter.make() -> node      painter.bind(node, id)      painter.paint(node, id, { selected, picked, gone, problem })      painter.tick(node, id)
 * Text is only written where it changed: a list that is repainted ten times a second must not cost anything. */

import { el, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { clock, dayKey, dayLabel, elapsed } from "../shared/time.js";
import { initial, preview, say, visitorName } from "./describe.js";
import { priorityOf } from "./filters.js";
import { level } from "./sla.js";

const LABELS_SHOWN = 2;
const CHANNEL_ICONS = { web: "globe", h5: "phone-screen", mini_program: "spark", app: "phone-screen", api: "plug" };

export class RowPainter {
  #desk;
  #people;
  #on;

  constructor(desk, people, on) {
    this.#desk = desk;
    this.#people = people;
    this.#on = on;
  }

  make() {
    const node = {
      id: null,
      pick: el("input.row-pick", { type: "checkbox", tabIndex: -1 }),
      avatar: el("span.avatar", { ariaHidden: "true" }),
      channel: el("span.row-channel", { ariaHidden: "true" }),
      name: el("span.row-name"),
      vip: el("span.row-vip.num", { hidden: true }),
      time: el("span.row-time.num"),
      wait: el("span.row-wait.num", { hidden: true }),
      text: el("span.row-text"),
      badge: el("span.badge.num", { hidden: true }),
      facts: el("span.row-facts"),
      labels: el("span.row-labels"),
      viewers: el("span.row-viewers"),
    };
    node.link = el(
      "a.row",
      { onclick: (event) => this.#on.onOpen(node.id, event) },
      el("span.row-face", {}, node.avatar, node.channel),
      el("span.row-top", {}, node.name, node.vip, node.wait, node.time),
      el("span.row-mid", {}, node.text, node.badge),
      el("span.row-low", {}, node.facts, node.labels, node.viewers),
    );
    node.pick.addEventListener("click", (event) => this.#on.onPick(node.id, event));
    node.item = el("li", {}, node.link, node.pick);
    return node;
  }

  bind(node, id) {
    node.id = id;
    node.link.href = `${this.#desk.config.base}c/${id}/`;
    node.signs = {};
  }

  paint(node, id, { selected, picked, gone, problem }) {
    const row = this.#desk.rows.get(id);
    if (!row) return this.#elsewhere(node, id);
    node.painted = id;
    const name = visitorName(row);
    set(node.avatar, initial(name));
    set(node.name, name);
    this.#channel(node, row);
    this.#vip(node, row);
    set(node.time, row.last_at ? short(row.last_at) : "");
    this.#text(node, row, selected);
    this.#badge(node, row);
    this.#facts(node, row, gone, problem);
    this.#labels(node, row.labels ?? []);
    this.#viewers(node, id);
    toggle(node.link, "aria-current", selected ? "true" : null);
    if (node.pick.checked !== picked) node.pick.checked = picked;
    toggle(node.pick, "aria-label", t("bulk.pick", { name }));
    node.item.classList.toggle("is-picked", picked);
    node.item.classList.toggle("is-gone", gone);
    node.link.classList.toggle("is-unread", row.unread > 0);
    this.tick(node, id);
  }

  /* It went where this agent may not read while its place was kept: only what stood here already stays to be seen. */
  #elsewhere(node, id) {
    if (node.painted !== id) for (const part of [node.avatar, node.name, node.time, node.text]) set(part, "");
    node.item.classList.add("is-gone");
    node.badge.hidden = true;
    node.wait.hidden = true;
    set(node.facts, t("row.elsewhere"));
  }

  /* The running part: everything else of a row stands still between two events. */
  tick(node, id) {
    const row = this.#desk.rows.get(id);
    const standing = row && level(row, this.#desk.config.sla);
    if (node.wait.hidden === Boolean(standing)) node.wait.hidden = !standing;
    if (node.time.hidden !== Boolean(standing)) node.time.hidden = Boolean(standing);
    if (!standing) return;
    set(node.wait, elapsed(standing.ms));
    if (node.wait.dataset.level === standing.level) return;
    node.wait.dataset.level = standing.level;
    node.wait.title = t(standing.level === "late" ? "row.sla_late" : "row.sla", { target: elapsed(standing.target) });
  }

  #channel(node, row) {
    const name = row.channel ?? "";
    if (node.signs.channel === name) return;
    node.signs.channel = name;
    node.channel.replaceChildren(...(CHANNEL_ICONS[name] ? [icon(CHANNEL_ICONS[name])] : []));
    node.channel.title = name ? t(`channel.${name}`) : "";
  }

  #vip(node, row) {
    const priority = priorityOf(row);
    node.vip.hidden = priority === 0;
    if (priority === 0) return;
    set(node.vip, `VIP ${priority}`);
    node.vip.title = t("row.priority", { priority });
  }

  #text(node, row, selected) {
    const draft = this.#desk.store.get(`draft:${row.id}`)?.reply?.trim();
    const typist = this.#desk.typist(row.id);
    const kind = typist ? "typing" : draft && !selected ? "draft" : "said";
    if (node.text.dataset.kind !== kind) node.text.dataset.kind = kind;
    set(node.text, { typing: () => t("row.typing"), draft: () => `${t("row.draft")} ${draft}`, said: () => preview(row) }[kind]());
  }

  #badge(node, row) {
    node.badge.hidden = row.unread === 0;
    if (row.unread === 0) return;
    set(node.badge, row.unread > 99 ? "99+" : String(row.unread));
    toggle(node.badge, "title", t("row.unread", { count: row.unread }));
  }

  #facts(node, row, gone, problem) {
    node.facts.classList.toggle("is-problem", problem !== null);
    if (problem !== null) return set(node.facts, problem);
    const facts = [gone ? t("row.moved", { status: this.#standing(row) }) : this.#standing(row)];
    if (row.group?.name) facts.push(row.group.name);
    if (row.snoozed_until > Date.now()) facts.unshift(t("row.snoozed", { time: short(row.snoozed_until) }));
    if (this.#desk.config.sites.length > 1) facts.push(this.#desk.siteNames.get(row.site) ?? "");
    return set(node.facts, facts.filter(Boolean).join(" · "));
  }

  #standing(row) {
    if (row.status !== "active" || !row.agent) return t(`status.${row.status}`);
    if (row.agent.id === this.#desk.self.id) return t(row.offered ? "row.offered" : "thread.owner_me");
    return say("row.owner", { name: row.agent.name });
  }

  #labels(node, labels) {
    const sign = labels.map((label) => label.id).join(" ") + String(this.#people.labels.length);
    if (node.signs.labels === sign) return;
    node.signs.labels = sign;
    const shown = labels.slice(0, LABELS_SHOWN).map((label) => labelChip(label.color ? label : { ...label, ...this.#people.label(label.id) }));
    if (labels.length > LABELS_SHOWN) shown.push(el("span.row-more.num", { title: labels.map((label) => label.name).join("、") }, `+${labels.length - LABELS_SHOWN}`));
    node.labels.replaceChildren(...shown);
  }

  #viewers(node, id) {
    const viewers = this.#people.viewers(id);
    const sign = viewers.map((agent) => agent.id).join(" ");
    if (node.signs.viewers === sign) return;
    node.signs.viewers = sign;
    const names = viewers.map((agent) => agent.name).join(", ");
    node.viewers.replaceChildren(...(viewers.length > 0 ? [icon("eye"), el("span", {}, viewers.length > 1 ? String(viewers.length) : viewers[0].name)] : []));
    node.viewers.title = names === "" ? "" : say("row.viewing", { names });
  }
}

export function labelChip(label) {
  return el("span.label", { data: { color: label.color || "grey" }, title: label.name }, label.name);
}

function set(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function toggle(node, name, value) {
  if (node.getAttribute(name) === value) return;
  if (value === null) node.removeAttribute(name);
  else node.setAttribute(name, value);
}

function short(ms) {
  return dayKey(ms) === dayKey(Date.now()) ? clock(ms) : dayLabel(ms);
}
