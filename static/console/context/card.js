/* card.js: the visitor's name, marks and what can be done with them.
 *   const card = new Card(desk, { onEdit(), onMerge() });   card.node   card.draw(row, visitor) */

import { el, fill, icon } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { ago } from "../../shared/time.js";
import { failure, initial, say, visitorName } from "../describe.js";
import { menuButton } from "../menu.js";
import { isSupervisor } from "../standing.js";
import { toast } from "../toast.js";
import { asMs } from "./panel.js";

const LEVELS = [0, 3, 5, 8, 10];

export class Card {
  #desk;
  #on;
  #visitor = null;
  #sign = "";
  #words = el("div.visitor-words");
  #avatar = el("span.avatar.large", { ariaHidden: "true" });
  #menu;

  constructor(desk, on) {
    this.#desk = desk;
    this.#on = on;
    this.#menu = menuButton({ glyph: "more", label: t("card.menu"), items: () => this.#items() });
    this.node = el("div.visitor-card", {}, this.#avatar, this.#words, this.#menu);
  }

  draw(row, visitor) {
    this.#visitor = visitor;
    const name = visitorName({ visitor });
    const seen = asMs(visitor.last_seen_at);
    const sign = JSON.stringify([name, visitor.verified, visitor.external_id, visitor.priority, visitor.blocked_at, visitor.blocked, visitor.merged_into, seen && ago(seen)]);
    if (sign === this.#sign) return;
    this.#sign = sign;
    this.#avatar.textContent = initial(name);
    const marks = [
      visitor.priority > 0 && el("span.vip.num", {}, t("head.vip", { level: visitor.priority })),
      (visitor.blocked_at || visitor.blocked) && el("span.mark.blocked", {}, icon("block"), t("card.blocked")),
      visitor.merged_into && el("span.mark", {}, icon("merge"), say("card.merged", { name: visitor.merged_into.name || t("visitor") })),
    ].filter(Boolean);
    fill(
      this.#words,
      el("p.visitor-name", {}, name, (visitor.verified || visitor.external_id) && el("span.verified", { title: t("context.verified") }, icon("verified"), el("span.sr-only", {}, t("context.verified")))),
      marks.length > 0 && el("p.visitor-marks", {}, ...marks),
      seen && el("p.visitor-seen", {}, `${t("context.last_seen")} ${ago(seen)}`),
    );
  }

  #items() {
    const visitor = this.#visitor;
    if (!visitor) return [];
    const blocked = Boolean(visitor.blocked_at || visitor.blocked);
    const levels = isSupervisor(this.#desk.self) ? [null, { heading: t("card.priority") }, ...LEVELS.map((level) => ({ name: level === 0 ? t("card.no_priority") : t("head.vip", { level }), checked: (visitor.priority ?? 0) === level, run: () => this.#try(() => this.#desk.visitors.patch(visitor.id, { priority: level })) }))] : [];
    return [
      { name: t("profile.title"), glyph: "edit", run: () => this.#on.onEdit() },
      { name: t("card.merge"), glyph: "merge", run: () => this.#on.onMerge() },
      ...levels,
      null,
      blocked ? { name: t("card.unblock"), glyph: "block", run: () => this.#block(visitor, false) } : { name: t("card.block"), glyph: "block", danger: true, run: () => this.#block(visitor, true) },
    ];
  }

  async #block(visitor, on) {
    await this.#try(async () => {
      const answer = await this.#desk.api.post(`visitors/${visitor.id}/${on ? "block" : "unblock"}/`);
      this.#desk.visitors.keep({ ...visitor, ...answer });
      toast(say(on ? "toast.blocked" : "toast.unblocked", { name: visitorName({ visitor }) }), on ? { act: { label: t("act.undo"), run: () => this.#block(visitor, false) } } : {});
    });
  }

  async #try(act) {
    try {
      await act();
    } catch (error) {
      if (!error?.code) throw error;
      toast(failure(error), { kind: "failed" });
    }
  }
}
