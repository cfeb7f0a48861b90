/* bulk.js: the bar that shows what is picked and does one act on all of it; what failed stays picked and says why.
 *   const bulk = new BulkBar(desk, { selection, people, onChange() });   bulk.close()   bulk.problem(id) -> text | null */

import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { clock, dayLabel } from "../shared/time.js";
import { failure } from "./describe.js";
import { ask, choices } from "./dialog.js";
import { askCategory, categoryRequired } from "./dialogs/close.js";
import { menuButton } from "./menu.js";
import { searching } from "./dialogs/transfer.js";
import { MOST } from "./selection.js";
import { snoozeTimes } from "./times.js";
import { toast } from "./toast.js";

export class BulkBar {
  #desk;
  #selection;
  #people;
  #on;
  #problems = new Map();
  #busy = false;
  #bar = document.getElementById("bulk");
  #count = el("span.bulk-count.num", { role: "status" });

  constructor(desk, { selection, people, ...on }) {
    this.#desk = desk;
    this.#selection = selection;
    this.#people = people;
    this.#on = on;
    const button = (name, glyph, run) => el("button.icon-button", { type: "button", title: t(name), ariaLabel: t(name), onclick: run }, icon(glyph));
    fill(
      this.#bar,
      el("button.icon-button", { type: "button", title: t("bulk.clear"), ariaLabel: t("bulk.clear"), onclick: () => selection.clear() }, icon("x")),
      this.#count,
      el("span.bulk-acts", {}, menuButton({ glyph: "tag", label: t("bulk.label"), items: () => this.#labels() }), button("bulk.transfer", "forward", () => this.#transfer()), menuButton({ glyph: "moon", label: t("bulk.snooze"), items: () => this.#snoozes() }), button("act.close", "check", () => this.close())),
    );
    selection.onChange = () => {
      this.draw();
      on.onChange();
    };
  }

  problem(id) {
    return this.#problems.get(id) ?? null;
  }

  draw() {
    const { size } = this.#selection;
    this.#bar.hidden = size === 0;
    this.#count.textContent = size === 0 ? "" : t(size >= MOST ? "bulk.most" : "bulk.count", { count: size });
    document.getElementById("list-pane").classList.toggle("is-picking", size > 0);
    if (size === 0) this.#problems.clear();
    this.#bar.ariaBusy = String(this.#busy);
  }

  /* -> ids that it was done to; null when nothing could be asked */
  async #do(act, body, ids = this.#selection.ids()) {
    if (this.#busy || ids.length === 0) return null;
    this.#busy = true;
    this.draw();
    try {
      const { data } = await this.#desk.api.post("conversations/bulk/", { conversations: ids, act, ...body });
      const failed = data.filter((one) => !one.ok);
      this.#problems = new Map(failed.map((one) => [one.conversation, failure(one)]));
      const reason = [...new Set(this.#problems.values())].join(" ");
      const done = data.filter((one) => one.ok).map((one) => one.conversation);
      for (const id of done) this.#desk.lists.one(id, { fresh: true });
      const gone = new Set(done);
      this.#selection.keep((id) => !gone.has(id));
      if (failed.length > 0) toast(t("bulk.failed", { count: failed.length, reason }), { kind: "failed" });
      return done;
    } catch (error) {
      toast(failure(error), { kind: "failed" });
      return null;
    } finally {
      this.#busy = false;
      this.draw();
      this.#on.onChange();
    }
  }

  #told(done, key, undo = null) {
    if (done?.length > 0) toast(t(key, { count: done.length }), undo ? { act: { label: t("act.undo"), run: () => undo(done) } } : {});
  }

  async #each(ids, run) {
    const failed = (await Promise.allSettled(ids.map(run))).filter((one) => one.status === "rejected");
    if (failed.length > 0) toast(failure(failed[0].reason), { kind: "failed" });
    for (const id of ids) this.#desk.lists.one(id, { fresh: true });
  }

  async close() {
    const ids = this.#selection.ids();
    const asking = ids.map((id) => this.#desk.rows.get(id)).filter((row) => row && categoryRequired(this.#desk, row));
    const category = asking.length > 0 ? await askCategory(this.#desk, asking) : null;
    if (asking.length > 0 && category === null) return;
    const done = await this.#do("close", category ? { category } : {}, ids);
    this.#told(done, "bulk.closed", (ids) => this.#each(ids, (id) => this.#desk.reopen(id)));
  }

  #labels() {
    if (this.#people.labels.length === 0) return [{ text: t("bulk.no_labels") }];
    return this.#people.labels.map((label) => ({ name: label.name, run: () => this.#label(label) }));
  }

  async #label(label) {
    const ids = this.#selection.ids();
    const done = await this.#do("label", { labels: [label.id] }, ids);
    const fresh = (done ?? []).filter((id) => !(this.#desk.rows.get(id)?.labels ?? []).some((one) => one.id === label.id));
    this.#told(done, "bulk.labelled", fresh.length > 0 ? () => this.#do("unlabel", { labels: [label.id] }, fresh) : null);
  }

  #snoozes() {
    return snoozeTimes().map(({ name, at }) => ({ name: t(name), keys: `${dayLabel(at)} ${clock(at)}`, run: () => this.#snooze(at) }));
  }

  async #snooze(until) {
    const done = await this.#do("snooze", { until });
    this.#told(done, "bulk.snoozed", (ids) => this.#each(ids, (id) => this.#desk.api.post(`conversations/${id}/wake/`)));
  }

  async #transfer() {
    await this.#people.load({ fresh: true });
    const options = () => {
      const { groups, agents } = this.#people;
      const others = [...agents.values()].filter((agent) => agent.id !== this.#desk.self.id);
      return [
        ...(groups.length > 0 ? [{ heading: t("filter.group") }, ...groups.map((group) => ({ id: group.id, name: group.name, group: true }))] : []),
        { heading: t("filter.agent") },
        ...others.map((agent) => ({ id: agent.id, name: agent.name, status: agent.status ?? "offline", aside: agent.capacity ? `${agent.load ?? 0}/${agent.capacity}` : "" })),
      ];
    };
    const target = choices({
      label: t("bulk.transfer_to"),
      placeholder: t("bulk.find_person"),
      empty: t("bulk.nobody"),
      options: options(),
      onSearch: searching(this.#desk, options),
    });
    const isGroup = () => Boolean(target.value()?.group);
    const ids = this.#selection.ids();
    const done = await ask({
      title: t("bulk.transfer_title", { count: ids.length }),
      content: [target.node],
      submit: t("bulk.transfer"),
      valid: () => target.value() !== null,
      run: async () => (await this.#do("transfer", isGroup() ? { group: target.value().id } : { agent: target.value().id }, ids)) ?? [],
    });
    this.#told(done, "bulk.transferred");
  }
}
