/* dialog.js: one native dialog for everything that asks before it acts.
 *   const value = await ask({ title, lead, content, submit, run, valid, wide, danger });   null: called off
 *     content   elements of the form       run({ stay }) -> value   what Send does; its ApiError is shown and the dialog stays
 *                                          stay(text, label): it stays all the same, to be read; the button then closes it
 *     valid() -> bool                      asked on every input; Send is off while it says no
 *   field(label, control, hint) -> a labelled control      choice(...) see choices()
 *   choices({ label, options, start, onPick, onSearch, empty }) -> { node, value(), fill(options), pick(option) }   a searchable list of one choice
 *     start   id of the option that is chosen at first
 *     await onSearch(words) -> options | null   more of them by what was typed
 *     option { id, name, aside, note, dim, status, heading, always }   heading: a line that cannot be chosen; always: found by any words
 * The browser keeps the focus inside, gives it back on close, and closes on Escape. */

import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { failure } from "./describe.js";

const SEARCH_MS = 200;
let made = 0;

export function ask({ title, lead = null, content = [], submit, run, valid = () => true, wide = false, danger = false }) {
  const id = `dialog-${(made += 1)}`;
  let answer = null;
  let busy = false;
  const error = el("p.dialog-error", { role: "alert", hidden: true });
  const told = el("p.dialog-told", { role: "status", hidden: true });
  const cancel = el("button.button", { type: "button", onclick: () => node.close() }, t("act.cancel"));
  const go = el(danger ? "button.button.danger" : "button.button.primary", { type: "submit" }, submit);
  const check = () => {
    go.disabled = busy || !valid();
  };
  const node = el(wide ? "dialog.sheet.ask.wide" : "dialog.sheet.ask", { onclick: (event) => event.target === node && node.close() });
  const form = el(
    "form.ask-form",
    { noValidate: true, oninput: check, onchange: check, onsubmit: submitted },
    lead && el("p.ask-lead", {}, lead),
    ...[content].flat(),
    error,
    told,
    el("div.ask-acts", {}, cancel, go),
  );
  async function submitted(event) {
    event.preventDefault();
    if (busy || !valid()) return;
    busy = true;
    check();
    error.hidden = true;
    try {
      let stays = false;
      const value = await run({
        stay: (text, label) => {
          stays = true;
          told.textContent = text;
          told.hidden = false;
          cancel.hidden = true;
          go.textContent = label;
        },
      });
      answer = { value };
      if (!stays) node.close();
    } catch (problem) {
      if (!problem?.code) throw problem;
      error.textContent = failure(problem);
      error.hidden = false;
    } finally {
      busy = false;
      check();
    }
  }
  const close = el("button.icon-button", { type: "button", ariaLabel: t("act.cancel"), onclick: () => node.close() }, icon("x"));
  fill(node, el("header", {}, el("h2", { id }, title), close), form);
  node.setAttribute("aria-labelledby", id);
  node.check = check;
  document.body.append(node);
  node.showModal();
  (form.querySelector("[autofocus]") ?? form.querySelector("input, textarea, select, [tabindex='0']") ?? go).focus();
  check();
  return new Promise((resolve) => {
    node.addEventListener("close", () => {
      node.remove();
      resolve(answer?.value ?? (answer ? true : null));
    });
  });
}

export function field(label, control, hint = null) {
  const id = control.id || (control.id = `field-${(made += 1)}`);
  const told = hint && el("span.field-hint", { id: `${id}-hint` }, hint);
  if (told) control.setAttribute("aria-describedby", told.id);
  return el("div.field", {}, el("label", { htmlFor: id }, label), control, told);
}

export function textarea(props) {
  return el("textarea.input", { rows: 3, ...props });
}

export function choices({ label, options = [], placeholder, empty = "", onPick = () => {}, onSearch = null, start = null }) {
  let all = options;
  let chosen = all.find((one) => one.id === start) ?? null;
  let asking = null;
  const list = el("div.choices", { id: `choices-${(made += 1)}`, role: "listbox", tabIndex: 0, ariaLabel: label, onkeydown: keyed });
  const search = el("input.input", { type: "search", placeholder, ariaLabel: placeholder, autocomplete: "off", spellcheck: false, oninput: typed, onkeydown: keyed });
  search.setAttribute("aria-controls", list.id);
  const node = el("div.choose", {}, search, list);

  function shown() {
    const words = search.value.trim().toLowerCase();
    return words === "" ? all : all.filter((one) => one.always || (!one.heading && `${one.name} ${one.search ?? ""}`.toLowerCase().includes(words)));
  }

  function typed() {
    draw();
    if (!onSearch) return;
    clearTimeout(asking);
    asking = setTimeout(async () => {
      const more = await onSearch(search.value);
      if (more) refill(more);
    }, SEARCH_MS);
  }

  function refill(next) {
    all = next;
    if (chosen) chosen = all.find((one) => one.id === chosen.id) ?? null;
    draw();
  }

  function pick(option, { quiet = false } = {}) {
    chosen = option;
    draw();
    list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
    onPick(option);
    if (!quiet) node.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function keyed(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const able = shown().filter((one) => !one.heading && !one.off);
    const at = able.findIndex((one) => one.id === chosen?.id);
    const next = at < 0 ? able[step > 0 ? 0 : able.length - 1] : able[Math.max(0, Math.min(able.length - 1, at + step))];
    if (next) pick(next);
  }

  function draw() {
    const rows = shown();
    fill(
      list,
      ...rows.map((one) =>
        one.heading
          ? el("div.choice-heading", { role: "presentation" }, one.heading)
          : el(
              "div.choice",
              { id: `${list.id}-${one.id}`, role: "option", ariaSelected: String(one.id === chosen?.id), ariaDisabled: one.off ? "true" : null, data: { id: one.id, status: one.status ?? "" }, onclick: () => !one.off && pick(one) },
              one.status !== undefined && el("span.presence", { data: { status: one.status }, ariaHidden: "true" }),
              one.glyph && icon(one.glyph),
              el("span.choice-name", {}, one.name),
              one.note && el("span.choice-note", {}, one.note),
              one.aside && el("span.choice-aside.num", {}, one.aside),
            ),
      ),
      rows.length === 0 && el("p.quiet.choice-empty", { role: "presentation" }, empty),
    );
    if (chosen) list.setAttribute("aria-activedescendant", `${list.id}-${chosen.id}`);
    else list.removeAttribute("aria-activedescendant");
  }

  draw();
  return {
    node,
    value: () => chosen,
    fill: refill,
    pick,
  };
}
