/* routing.js: why this agent: the decisions of routing for this conversation, with candidates and what their scores are made of.
 *   const routing = new Routing(desk);   routing.node   await routing.load(row)   routing.draw(row) */

import { el } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { elapsed, stamp } from "../../shared/time.js";
import { say } from "../describe.js";
import { Panel, quiet } from "./panel.js";

const SHOWN = 4;
const PARTS = ["skill", "capacity", "quality"];

function percent(share) {
  return `${Math.round(share * 100)}%`;
}

function known(key, fallback) {
  const text = t(key);
  return text === key ? fallback : text;
}

/* One bar a candidate, as long as the score; its pieces are what each part brought in after weighing. */
function bar(candidate, weights) {
  const parts = Object.keys(candidate.parts ?? {}).sort((a, b) => PARTS.indexOf(a) - PARTS.indexOf(b));
  const total = parts.reduce((sum, part) => sum + Math.max(0, weights[part] ?? 1), 0) || 1;
  const pieces = parts.map((part) => {
    const node = el("span.bar-part", { data: { part }, title: say("routing.part", { part: known(`routing.parts.${part}`, part), share: percent(candidate.parts[part]), weight: percent((weights[part] ?? 1) / total) }) });
    node.style.inlineSize = percent((candidate.parts[part] * Math.max(0, weights[part] ?? 1)) / total);
    return node;
  });
  const words = parts.map((part) => `${known(`routing.parts.${part}`, part)} ${percent(candidate.parts[part])}`).join(t("list.comma"));
  return el("span.bar", { role: "img", ariaLabel: words }, ...pieces);
}

function candidate(one, weights) {
  return el(
    one.chosen ? "li.candidate.chosen" : "li.candidate",
    {},
    el("span.candidate-name", {}, one.name, one.chosen && el("span.sr-only", {}, ` (${t("routing.chosen")})`)),
    el("span.candidate-load.num", {}, `${one.used}/${one.capacity}`),
    el("span.candidate-score.num", {}, percent(one.score)),
    bar(one, weights),
  );
}

function sentence(decision, selfId) {
  if (!decision.agent) return say("routing.nobody", { reason: known(`routing.left_out.${decision.reason}`, known(`routing.reason.${decision.reason}`, decision.reason)) });
  const name = decision.agent.id === selfId ? t("you") : decision.agent.name;
  const count = decision.candidates.length;
  if (decision.reason === "sticky") return say("routing.sticky", { name });
  return count > 1 ? say("routing.best", { name, count }) : say("routing.only", { name });
}

function details(decision) {
  const { candidates, weights, excluded } = decision;
  const left = Object.entries(excluded ?? {}).map(([reason, count]) => `${known(`routing.left_out.${reason}`, reason)} ${count}`);
  const parts = Object.keys(candidates[0]?.parts ?? {}).filter((part) => PARTS.includes(part));
  return [
    candidates.length > 0 && el("ol.candidates", {}, ...candidates.slice(0, SHOWN).map((one) => candidate(one, weights ?? {}))),
    candidates.length > SHOWN && quiet(t("routing.more", { count: candidates.length - SHOWN })),
    parts.length > 0 && el("p.legend", {}, ...parts.sort((a, b) => PARTS.indexOf(a) - PARTS.indexOf(b)).map((part) => el("span.legend-part", { data: { part } }, known(`routing.parts.${part}`, part)))),
    left.length > 0 && quiet(say("routing.excluded", { list: left.join(t("list.comma")) })),
  ].filter(Boolean);
}

export class Routing {
  #desk;
  #panel;
  #read = { id: null, list: [] };

  constructor(desk) {
    this.#desk = desk;
    this.#panel = new Panel(desk, "routing", { open: false });
    this.node = this.#panel.node;
  }

  async load(row) {
    let list = [];
    try {
      list = (await this.#desk.api.get(`conversations/${row.id}/decisions/`)).data;
    } catch (error) {
      if (!error?.code) throw error;
    }
    this.#read = { id: row.id, list };
  }

  draw(row) {
    const list = this.#read.id === row.id ? this.#read.list : [];
    this.#panel.count(list.length > 1 ? list.length : null);
    this.#panel.show([row.id, list.map((one) => one.id)], () => {
      if (list.length === 0) return quiet(t("routing.none"));
      const [latest, ...earlier] = list;
      return [this.#decision(latest), ...earlier.map((one) => el("details.decision-earlier", {}, el("summary", {}, `${stamp(one.at)} · ${one.agent?.name ?? t("routing.nobody_short")}`), this.#decision(one)))];
    });
  }

  #decision(decision) {
    const facts = [known(`routing.strategy.${decision.strategy}`, decision.strategy), decision.group?.name, t("routing.waited", { time: elapsed(decision.waited_ms) }), stamp(decision.at)].filter(Boolean).join(" · ");
    return el("div.decision", {}, el("p.decision-words", {}, sentence(decision, this.#desk.self.id)), quiet(facts), ...details(decision));
  }
}
