/* why.js: why the bot said this: the levels it tried, their scores, where it took the answer from, how long it took.
 *   questionOf(entry) -> seq of the visitor's message that a message of the bot's answers | null
 *   explain(desk, entry)   opens the panel */

import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { clock } from "../shared/time.js";
import { sourceList } from "./answer.js";
import { known, named, percent } from "./brief.js";
import { failure, say } from "./describe.js";

const MOST_HITS = 5;
/* What is told elsewhere in the panel, or only to machines. */
const SILENT = new Set(["hits", "ranking", "score", "confidence", "id", "ids", "entry", "why", "slots", "entities", "predicted", "in_scope"]);
/* Intents that are none: knowledge answers, or nobody. */
const NOTHING = new Set(["faq", "none"]);
let made = 0;

export function questionOf(entry) {
  if (entry.sender?.kind !== "bot" || entry.kind === "event") return null;
  return Number(/^bot:(\d+)$/.exec(entry.client_msg_id ?? "")?.[1] ?? 0) || null;
}

export async function explain(desk, entry) {
  const body = el("div.why-body", { role: "status" }, el("span.ghost.ghost-line"), el("span.ghost.ghost-line.ghost-short"));
  const node = sheet(body);
  try {
    const { data } = await desk.api.get("bot/answers/", { conversation: entry.conversation, seq: questionOf(entry), limit: 1 });
    fill(body, ...(data.length > 0 ? told(data[0]) : [el("p.quiet", {}, t("why.unknown"))]));
  } catch (error) {
    if (!error?.code) throw error;
    fill(body, el("p.dialog-error", {}, error.status === 404 ? t("why.unknown") : failure(error)));
  }
  return node;
}

function sheet(body) {
  const id = `why-${(made += 1)}`;
  const node = el("dialog.sheet.ask.wide.why", { onclick: (event) => event.target === node && node.close() });
  const close = el("button.icon-button", { type: "button", ariaLabel: t("act.dismiss"), autofocus: true, onclick: () => node.close() }, icon("x"));
  fill(node, el("header", {}, el("h2", { id }, t("why.title")), close), body);
  node.setAttribute("aria-labelledby", id);
  node.addEventListener("close", () => node.remove());
  document.body.append(node);
  node.showModal();
  return node;
}

function told({ question, outcome, level, confidence, intent, sources, trace, took_us: took, model, helped, at }) {
  const facts = [
    [t("why.outcome"), named("outcome", outcome)],
    [t("why.level"), named("level", level)],
    [t("why.confidence"), percent(confidence)],
    intent && [t("brief.intent"), named("intent", intent)],
    [t("why.took"), duration(took)],
    model && [t("why.model"), model],
    helped !== null && [t("why.helped"), t(helped ? "why.yes" : "why.no")],
  ].filter(Boolean);
  return [
    el("blockquote.why-question", { dir: "auto" }, question, el("span.why-at.num", {}, clock(at))),
    el("dl.why-facts", {}, ...facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd.num", {}, value)))),
    sourceList(sources),
    el("h3.why-head", {}, t("why.levels")),
    el("ol.why-steps", {}, ...trace.map(step)),
  ].filter(Boolean);
}

function step({ level, verdict, detail, took_us: took }) {
  const hits = (detail.hits ?? []).slice(0, MOST_HITS);
  const ranking = (detail.ranking ?? []).slice(0, MOST_HITS);
  const score = detail.score;
  const told = [...known(null, detail.slots), ...known(null, Object.fromEntries((detail.entities ?? []).filter((one) => one.type).map((one) => [one.type, one.normalized])))];
  const facts = [...new Map(told).entries()].map(([name, value]) => `${name} ${value}`);
  const guess = detail.predicted && say("why.predicted", { intent: named("intent", detail.predicted), score: percent(detail.confidence ?? 0) });
  const more = Object.entries(detail).filter(([name, value]) => !SILENT.has(name) && value !== null && value !== "" && !NOTHING.has(value) && !(Array.isArray(value) && value.length === 0));
  const lines = [...more.map(([name, value]) => `${named("detail", name)} ${shown(value)}`), ...facts, guess].filter(Boolean);
  return el(
    "li.why-step",
    { data: { verdict } },
    el("div.why-line", {}, el("strong", {}, named("level", level)), el("span.why-verdict", {}, named("verdict", verdict)), typeof score === "number" && el("span.why-score.num", {}, percent(score)), el("span.why-took.num", {}, duration(took))),
    hits.length > 0 && el("ul.why-hits", {}, ...hits.map((hit) => bar(hit.matched || hit.title || hit.id, hit.score))),
    ranking.length > 0 && el("ul.why-hits", {}, ...ranking.map(([name, share]) => bar(named("intent", name), share))),
    lines.length > 0 && el("p.why-more", {}, lines.join(" · ")),
  );
}

function bar(name, share) {
  return el("li", {}, el("span.why-name", { dir: "auto" }, name), el("meter", { min: 0, max: 1, value: share, ariaLabel: percent(share) }), el("span.num", {}, percent(share)));
}

function shown(value) {
  if (typeof value === "number") return String(Math.round(value * 1000) / 1000);
  if (typeof value === "string") return named("intent", value);
  if (typeof value === "boolean") return t(value ? "why.yes" : "why.no");
  return Array.isArray(value) ? value.map((one) => one.name ?? one).join(t("list.comma")) : JSON.stringify(value).slice(0, 200);
}

function duration(us) {
  return us < 1000 ? say("why.us", { count: us }) : say("why.ms", { count: (us / 1000).toFixed(1) });
}
