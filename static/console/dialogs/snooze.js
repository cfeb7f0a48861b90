/* snooze.js: putting a conversation aside until a moment, or until the visitor writes.
 *   await askSnooze(desk, row) -> the moment in words | null      presets(now) -> [{ name, at }] (ms); pure */

import { el } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { clock, dayKey, stamp } from "../../shared/time.js";
import { ask, field } from "../dialog.js";

const HOUR = 3_600_000;
const MORNING = 9;
const EVENING = 18;
const YEAR = 365 * 24 * HOUR;

function at(now, days, hour) {
  const day = new Date(now);
  day.setDate(day.getDate() + days);
  return day.setHours(hour, 0, 0, 0);
}

export function presets(now) {
  const weekday = new Date(now).getDay();
  const toMonday = ((8 - weekday) % 7) || 7;
  const evening = at(now, 0, EVENING);
  return [
    { name: "hour", at: now + HOUR },
    { name: "hours", at: now + 3 * HOUR },
    ...(evening - now > HOUR ? [{ name: "evening", at: evening }] : []),
    { name: "tomorrow", at: at(now, 1, MORNING) },
    ...(toMonday > 1 ? [{ name: "monday", at: at(now, toMonday, MORNING) }] : []),
  ];
}

function local(ms) {
  return `${dayKey(ms)}T${clock(ms)}`;
}

function moment(ms) {
  return dayKey(ms) === dayKey(Date.now()) ? clock(ms) : stamp(ms);
}

export function askSnooze(desk, row) {
  const now = Date.now();
  const custom = el("input.input", { type: "datetime-local", min: local(now + 60_000), max: local(now + YEAR) });
  let chosen = null;
  const buttons = presets(now).map((preset, first) =>
    el("button.preset", { type: "button", autofocus: first === 0, role: "radio", ariaChecked: "false", onclick: (event) => pick(preset.at, event.currentTarget) }, el("span", {}, t(`snooze.${preset.name}`)), el("span.num", {}, moment(preset.at))),
  );
  const group = el("div.presets", { role: "radiogroup", ariaLabel: t("snooze.until"), onkeydown: keyed }, ...buttons);
  function pick(ms, button) {
    chosen = ms;
    for (const one of buttons) one.setAttribute("aria-checked", String(one === button));
    if (button) custom.value = local(ms);
    group.dispatchEvent(new Event("change", { bubbles: true }));
  }
  function keyed(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
    next.focus();
    next.click();
  }
  custom.addEventListener("input", () => pick(custom.value ? new Date(custom.value).getTime() : null, null));
  return ask({
    title: t("snooze.title"),
    lead: t("snooze.lead"),
    content: [group, field(t("snooze.custom"), custom)],
    submit: t("act.snooze"),
    valid: () => chosen !== null && chosen > Date.now(),
    run: async () => {
      await desk.acts.snooze(row.id, chosen);
      return moment(chosen);
    },
  });
}
