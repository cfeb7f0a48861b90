/* context.js: what is known about the visitor beside the thread; each part in context/.
 *   const context = new Context(desk, { onOpen(id) });   context.open(id)   context.focus("labels") */

import { fill } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { stamp } from "../shared/time.js";
import { Card } from "./context/card.js";
import { History } from "./context/history.js";
import { Labels } from "./context/labels.js";
import { asMs, Panel, pairs } from "./context/panel.js";
import { Profile } from "./context/profile.js";
import { Routing } from "./context/routing.js";
import { Summary } from "./context/summary.js";
import { Trail } from "./context/trail.js";
import { askMerge } from "./dialogs/merge.js";
import { askProfile } from "./dialogs/profile.js";

/* Acts after which another look at routing and history is worth it. */
const STIRRING = new Set(["assigned", "queued", "transferred", "refused", "closed", "merged"]);
/* … and at the summary: what the bot knew is there only now. */
const BRIEFING = new Set(["handoff", "accepted"]);

export class Context {
  #desk;
  #id = null;
  #stirred = { stirring: 0, briefing: 0 };
  #parts;
  #root = document.getElementById("context");

  constructor(desk, on) {
    this.#desk = desk;
    const merge = (twin) => this.#merge(twin);
    this.#parts = {
      card: new Card(desk, { onEdit: () => this.#edit(), onMerge: () => merge(null) }),
      summary: new Summary(desk),
      profile: new Profile(desk),
      labels: new Labels(desk),
      trail: new Trail(desk),
      facts: new Panel(desk, "conversation"),
      routing: new Routing(desk),
      history: new History(desk, { onOpen: on.onOpen, onMerge: merge }),
    };
    desk.on("rows", (id) => id === this.#id && this.#draw());
    desk.on("visitor", (id) => id === this.#row()?.visitor.id && this.#draw());
    desk.on("thread", (id) => id === this.#id && this.#stir());
  }

  #row() {
    return this.#desk.rows.get(this.#id);
  }

  async open(id) {
    this.#id = id;
    this.#stirred = { stirring: 0, briefing: 0 };
    if (id === null) {
      this.#root.replaceChildren();
      return;
    }
    this.#draw();
    await this.load();
  }

  async load() {
    const id = this.#id;
    const row = this.#row() ?? (await this.#desk.lists.one(id));
    if (!row || id !== this.#id) return;
    const { summary, profile, trail, routing, history } = this.#parts;
    const asked = [this.#desk.visitors.load(row.visitor.id, { fresh: true }), ...[summary, profile, trail, routing, history].map((part) => part.load(row))];
    /* Each part is shown as it comes. */
    await Promise.allSettled(asked.map((one) => one.then(() => id === this.#id && this.#draw())));
  }

  #stir() {
    const { summary, routing, history } = this.#parts;
    this.#again("stirring", STIRRING, [routing, history]);
    this.#again("briefing", BRIEFING, [summary]);
  }

  /* What stood in the log when it was opened has been read with it. */
  #again(kind, acts, parts) {
    const last = this.#desk.timeline(this.#id).entries().findLast((entry) => acts.has(entry.event?.name))?.seq ?? 0;
    if (last <= this.#stirred[kind]) return;
    const first = this.#stirred[kind] === 0;
    this.#stirred[kind] = last;
    const row = this.#row();
    if (first || !row) return;
    const id = this.#id;
    for (const part of parts) part.load(row).then(() => id === this.#id && this.#draw());
  }

  #draw() {
    const row = this.#row();
    if (!row) {
      this.#root.replaceChildren();
      return;
    }
    const visitor = { ...row.visitor, ...this.#desk.visitors.get(row.visitor.id) };
    const { card, summary, profile, labels, trail, facts, routing, history } = this.#parts;
    if (!this.#root.contains(card.node)) {
      const [contact, ofConversation, ofVisitor] = profile.nodes;
      const [twins, earlier] = history.nodes;
      fill(this.#root, card.node, twins, summary.node, contact, labels.node, ofConversation, ofVisitor, trail.node, facts.node, routing.node, earlier);
    }
    card.draw(row, visitor);
    summary.draw(row);
    profile.draw(row, visitor);
    labels.draw(row);
    trail.draw(row, visitor);
    this.#drawFacts(facts, row, visitor);
    routing.draw(row);
    history.draw(row, visitor);
  }

  #drawFacts(panel, row, visitor) {
    const list = [
      [t("context.site"), this.#desk.siteNames.get(row.site)],
      [t("context.group"), row.group?.name],
      [t("context.channel"), row.channel && t(`channel.${row.channel}`)],
      [t("context.started"), row.created_at && stamp(asMs(row.created_at))],
      [t("context.first_seen"), visitor.created_at && stamp(asMs(visitor.created_at))],
      [t("context.language"), visitor.locale],
      [t("context.category"), row.category],
      [t("context.summary"), row.summary],
      [t("context.rating"), row.rating ? [`${row.rating} / 5`, row.rating_text].filter(Boolean).join(" · ") : null],
    ].filter(([, value]) => value);
    panel.show(list, () => pairs(list));
  }

  focus(name) {
    if (name === "labels" && this.#row()) this.#parts.labels.pick();
  }

  #edit() {
    const row = this.#row();
    if (row) askProfile(this.#desk, row.visitor.id);
  }

  async #merge(twin) {
    const row = this.#row();
    if (!row) return;
    if (await askMerge(this.#desk, row, twin, { onParted: () => this.load() })) await this.load();
  }
}
