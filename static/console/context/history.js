/* history.js: what was said with this visitor before, and whether they are here twice.
 *   const history = new History(desk, { onOpen(id), onMerge(duplicate) });   history.nodes   await history.load(row)   history.draw(row, visitor) */

import { el, icon } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { stamp } from "../../shared/time.js";
import { failure, preview, say, visitorName } from "../describe.js";
import { labelChip } from "../row.js";
import { toast } from "../toast.js";
import { asMs, Panel, quiet } from "./panel.js";

const PAGE = 10;

export class History {
  #desk;
  #on;
  #earlier;
  #twins;
  #read = { visitor: null, list: null, cursor: null, same: [] };

  constructor(desk, on) {
    this.#desk = desk;
    this.#on = on;
    this.#earlier = new Panel(desk, "earlier");
    this.#twins = new Panel(desk, "duplicates");
    this.nodes = [this.#twins.node, this.#earlier.node];
  }

  async load(row) {
    const visitor = row.visitor.id;
    if (this.#read.visitor !== visitor) {
      this.#read = { visitor, list: null, cursor: null, same: [] };
      this.#earlier.ghost();
      this.#twins.node.hidden = true;
    }
    const [timeline, twins] = await Promise.allSettled([this.#desk.api.get(`visitors/${visitor}/timeline/`, { limit: PAGE + 1 }), this.#desk.api.get(`visitors/${visitor}/duplicates/`)]);
    if (this.#read.visitor !== visitor) return;
    this.#read = { visitor, list: timeline.value?.data ?? [], cursor: timeline.value?.meta.has_more ? timeline.value.meta.next_cursor : null, same: twins.value?.data ?? [] };
  }

  draw(row, visitor) {
    if (this.#read.visitor !== row.visitor.id || this.#read.list === null) return;
    const list = this.#read.list.filter((other) => other.id !== row.id);
    this.#earlier.count(list.length);
    this.#earlier.show([row.id, list, this.#read.cursor], () => (list.length === 0 ? quiet(t("context.none_earlier")) : el("ul.history", {}, ...list.map((other) => this.#row(other)), this.#read.cursor && el("li", {}, el("button.link-button", { type: "button", onclick: () => this.#more(row, visitor) }, t("history.more"))))));
    const { same } = this.#read;
    const merged = visitor.duplicates ?? [];
    this.#twins.node.hidden = same.length + merged.length === 0;
    this.#twins.count(same.length);
    this.#twins.show([visitor.id, same, merged], () => el("ul.twins", {}, ...same.map((twin) => this.#twin(twin)), ...merged.map((one) => this.#merged(one, row))));
  }

  #row(other) {
    const facts = [other.agent?.name, other.category, other.rating && t("history.rated", { rating: other.rating })].filter(Boolean).join(" · ");
    return el(
      "li",
      {},
      el(
        "a.history-row",
        { href: `${this.#desk.config.base}c/${other.id}/`, onclick: (event) => this.#follow(event, other.id) },
        el("span.history-top", {}, el("span", {}, stamp(asMs(other.created_at))), el("span.status", { data: { status: other.status } }, t(`status.${other.status}`))),
        el("span.history-text", {}, other.summary || other.first_text || preview(other)),
        (facts || other.merged) && el("span.history-facts", {}, facts, other.merged && el("span.mark", {}, icon("merge"), t("history.merged"))),
        other.labels?.length > 0 && el("span.label-row", {}, ...other.labels.map(labelChip)),
      ),
    );
  }

  async #more(row, visitor) {
    try {
      const { data, meta } = await this.#desk.api.get(`visitors/${visitor.id}/timeline/`, { limit: PAGE, cursor: this.#read.cursor });
      this.#read = { ...this.#read, list: [...this.#read.list, ...data], cursor: meta.has_more ? meta.next_cursor : null };
      this.draw(row, visitor);
    } catch (error) {
      if (!error?.code) throw error;
      toast(failure(error), { kind: "failed" });
    }
  }

  #follow(event, id) {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    this.#on.onOpen(id);
  }

  #twin(twin) {
    const same = twin.same.map((name) => t(`context.${name === "external_id" ? "user_id" : name}`)).join(t("list.comma"));
    return el("li.twin", {}, el("div.twin-words", {}, el("span", {}, visitorName(twin)), el("span.quiet", {}, say("twins.same", { fields: same }))), el("button.button", { type: "button", onclick: () => this.#on.onMerge(twin) }, t("twins.compare")));
  }

  #merged(one, row) {
    const part = async () => {
      try {
        await this.#desk.api.delete(`visitors/${one.id}/merge/`);
        await Promise.all([this.#desk.visitors.load(row.visitor.id, { fresh: true }), this.load(row)]);
        this.draw(row, this.#desk.visitors.get(row.visitor.id));
        toast(t("twins.parted"));
      } catch (error) {
        if (!error?.code) throw error;
        toast(failure(error), { kind: "failed" });
      }
    };
    return el("li.twin", {}, el("div.twin-words", {}, el("span", {}, one.name || t("visitor")), el("span.quiet", {}, t("twins.merged"))), el("button.button", { type: "button", onclick: part }, t("twins.part")));
  }
}
