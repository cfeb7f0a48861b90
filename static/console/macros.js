/* macros.js: several acts in one, run from the composer; what each step did is told.
 *   macroButton(desk, id()) -> button with the menu of macros
 *   stepText(step, desk) -> one step in words */

import { el, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { newId } from "../shared/outbox.js";
import { ask } from "./dialog.js";
import { failure, say } from "./describe.js";
import { menuButton } from "./menu.js";
import { filled } from "./variables.js";
import { valuesOf } from "./sources.js";

const MOST = 100;

function named(desk, ids) {
  return (ids ?? []).map((id) => desk.people.label(id)?.name ?? "…").join(t("list.comma"));
}

export function stepText(step, desk) {
  switch (step.do) {
    case "label":
      return [step.add?.length && say("macro.label_add", { labels: named(desk, step.add) }), step.remove?.length && say("macro.label_remove", { labels: named(desk, step.remove) })].filter(Boolean).join(t("list.comma"));
    case "transfer":
      return say("macro.transfer", { name: desk.people.groupName(step.group) ?? desk.people.agents.get(step.agent)?.name ?? "…" });
    case "snooze":
      return t("macro.snooze", { count: Math.round(step.for_s / 60) });
    case "attribute":
      return say("macro.attribute", { key: step.key, value: step.value ?? "–" });
    default:
      return t(`macro.${step.do}`);
  }
}

function line(step, desk, id) {
  const words = ["send", "note"].includes(step.do) ? step.text : step.summary;
  return el("li.macro-step", { data: { do: step.do } }, el("span.macro-mark", { ariaHidden: "true" }), el("div.macro-words", {}, el("span", {}, stepText(step, desk)), words && el("p.macro-text", {}, ...filled(words, valuesOf(desk, id)))));
}

/* What was done is done: the list then shows how far it came, and the dialog stays until it was read. */
function mark(items, answer) {
  const done = new Set(answer.done.map(({ step }) => step));
  items.forEach((item, at) => {
    const state = done.has(at) ? "done" : answer.failed?.step === at ? "failed" : "skipped";
    item.dataset.state = state;
    item.querySelector(".macro-mark").replaceChildren(icon({ done: "check", failed: "alert", skipped: "x" }[state]));
    item.append(el("span.sr-only", {}, t(`macro.state.${state}`)));
    if (state === "failed") item.querySelector(".macro-words").append(el("p.macro-error", {}, failure(answer.failed)));
  });
}

async function run(desk, macro, id) {
  const items = macro.steps.map((step) => line(step, desk, id));
  const runId = newId();
  let ran = false;
  await ask({
    title: macro.name,
    lead: t("macro.lead"),
    content: el("ol.macro-steps", {}, ...items),
    submit: t("macro.run"),
    run: async ({ stay }) => {
      if (ran) return true;
      const answer = await desk.api.post(`macros/${macro.id}/run/`, { conversation: id, client_msg_id: runId });
      ran = true;
      mark(items, answer);
      desk.lists.one(id, { fresh: true });
      stay(answer.ok ? t("macro.all_done") : t("macro.stopped"), t("act.done"));
      return null;
    },
  });
}

export function macroButton(desk, id) {
  return menuButton({
    glyph: "macro",
    label: t("composer.macros"),
    items: async () => {
      desk.people.load();
      try {
        const { data } = await desk.api.get("macros/", { site: desk.rows.get(id())?.site, limit: MOST });
        if (data.length === 0) return [{ text: t("macro.none") }];
        return [{ heading: t("composer.macros") }, ...data.map((macro) => ({ name: macro.name, run: () => run(desk, macro, id()) }))];
      } catch (error) {
        if (!error?.code) throw error;
        return [{ text: failure(error) }];
      }
    },
  });
}
