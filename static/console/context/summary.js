/* summary.js: the conversation in short: the bot's brief of its hand-over, or a summary made now; it can be copied.
 *   const summary = new Summary(desk);   summary.node   await summary.load(row)   summary.draw(row) */

import { el, icon } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { clock } from "../../shared/time.js";
import { attempts, known, mood, named } from "../brief.js";
import { say } from "../describe.js";
import { toast } from "../toast.js";
import { Panel, pairs, quiet } from "./panel.js";

export class Summary {
  #desk;
  #panel;
  #id = null;
  #value = null;
  #failed = false;

  constructor(desk) {
    this.#desk = desk;
    this.#panel = new Panel(desk, "brief");
    this.node = this.#panel.node;
  }

  async load(row) {
    if (row.id !== this.#id) {
      this.#id = row.id;
      this.#value = null;
      this.#panel.ghost();
    }
    if (!(row.head > 0)) return;
    try {
      const value = await this.#desk.api.get(`bot/conversations/${row.id}/summary/`);
      if (row.id !== this.#id) return;
      this.#value = value;
      this.#failed = false;
    } catch (error) {
      if (!error?.code) throw error;
      this.#failed = true;
    }
  }

  draw(row) {
    this.node.hidden = !(row.head > 0);
    if (row.id !== this.#id || (this.#value === null && !this.#failed)) return;
    this.#panel.show([row.id, this.#value, this.#failed], () => (this.#value === null ? [quiet(t("summary.failed")), this.#again(row)] : this.#content(row, this.#value)));
  }

  #content(row, value) {
    const facts = [...(value.reason ? [[t("summary.reason"), named("handoff", value.reason)]] : []), ...known(value.intent, value.slots)];
    const tried = attempts(value.tried);
    return [
      el("p.summary-made", {}, say(`summary.made_${value.made}`, { time: clock(value.at) }), mood(value.mood)),
      value.summary ? el("div.summary-words", { dir: "auto" }, ...value.summary.split("\n").map((line) => el("p", {}, line))) : quiet(t("summary.nothing")),
      facts.length > 0 && pairs(facts),
      tried && el("details.brief-tried", {}, el("summary", {}, t("brief.tried")), tried),
      el(
        "div.summary-acts",
        {},
        el("button.button.small", { type: "button", data: { key: "copy" }, onclick: () => this.#copy(value, facts) }, icon("copy"), t("act.copy")),
        this.#again(row),
      ),
    ].filter(Boolean);
  }

  #again(row) {
    const run = async () => {
      await this.load(row);
      this.draw(this.#desk.rows.get(row.id) ?? row);
    };
    return el("button.button.small", { type: "button", data: { key: "again" }, onclick: run }, icon("retry"), t("summary.again"));
  }

  async #copy(value, facts) {
    const lines = [value.summary, ...facts.map(([name, fact]) => `${name}: ${fact}`)];
    try {
      await navigator.clipboard.writeText(lines.filter(Boolean).join("\n"));
      toast(t("act.copied"));
    } catch {
      /* refused by the browser: the words can still be selected */
    }
  }
}
