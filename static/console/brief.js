/* brief.js: what the bot tells whoever answers next, as a card above the hand-over: the visitor's words, what is known, what was tried.
 *   briefCard(entry) -> Element            of a `briefed` act; agents only
 *   mood(name) -> Element | null           known(intent, slots) -> [[name, value]]      attempts(tried) -> Element | null
 *   named(kind, name)   words for a name of the bot's: "level.rules", "slot.order_id"; the name itself where there are none */

import { el, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { stamp } from "../shared/time.js";

const MOODS = new Set(["upset", "angry"]);

export function named(kind, name) {
  const text = t(`${kind}.${name}`);
  return text === `${kind}.${name}` ? name : text;
}

export function mood(name) {
  return MOODS.has(name) ? el("span.mood", { data: { mood: name } }, t(`mood.${name}`)) : null;
}

export function known(intent, slots) {
  return [...(intent ? [[t("brief.intent"), named("intent", intent)]] : []), ...Object.entries(slots ?? {}).map(([name, value]) => [named("slot", name), String(value)])];
}

/* What led nowhere is worth a line: nobody asks the visitor the same again. */
export function attempts(tried) {
  const seen = new Set();
  const lines = (tried ?? []).filter(({ level, text }) => {
    const sign = `${level} ${text}`;
    return !seen.has(sign) && seen.add(sign);
  });
  if (lines.length === 0) return null;
  return el(
    "ul.tried",
    {},
    ...lines.map(({ level, text, confidence }) =>
      el("li", {}, el("span.tried-level", {}, named("level", level)), text && el("span.tried-text", { dir: "auto" }, named("handoff", text)), confidence > 0 && el("span.tried-score.num", {}, percent(confidence))),
    ),
  );
}

export function percent(share) {
  return `${Math.round(Math.min(1, Math.max(0, share)) * 100)}%`;
}

export function briefCard(entry) {
  const { intent, slots, tried, mood: felt } = entry.event.data ?? {};
  const facts = known(intent, slots);
  const attempted = attempts(tried);
  return el(
    "section.brief",
    { ariaLabel: t("brief.title"), title: stamp(entry.created_at), data: { seq: entry.seq } },
    el("header.brief-head", {}, icon("bot"), el("strong", {}, t("brief.title")), mood(felt), el("span.brief-only", {}, t("note.only"))),
    entry.text && el("div.brief-words", { dir: "auto" }, ...entry.text.split("\n").map((line) => el("p", {}, line))),
    facts.length > 0 && el("dl.brief-facts", {}, ...facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
    attempted && el("details.brief-tried", {}, el("summary", {}, t("brief.tried")), attempted),
  );
}
