/* inline.js: a value that becomes a field when it is pressed. Enter and leaving keep it, Escape does not.
 *   inline({ key, label, value, shown, kind, choices, placeholder, save, most }) -> Element
 *     kind  "text" "email" "tel" "number" "date" "choice" "boolean" "longtext"      save(value | null) -> Promise, shows its own failure */

import { composing } from "../../shared/a11y.js";
import { el } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { failure } from "../describe.js";
import { toast } from "../toast.js";

const EMPTY = "";

function control(kind, { value, label, choices = [], most }) {
  const common = { ariaLabel: label, className: "inline-input" };
  if (kind === "choice" || kind === "boolean") {
    const options = kind === "boolean" ? [["true", t("yes")], ["false", t("no")]] : choices.map((one) => [one, one]);
    const node = el("select", common, el("option", { value: EMPTY }, "–"), ...options.map(([id, name]) => el("option", { value: id }, name)));
    node.value = value === null || value === undefined ? EMPTY : String(value);
    return node;
  }
  const type = { number: "number", date: "date", email: "email", tel: "tel" }[kind] ?? "text";
  return el("input", { ...common, type, value: value ?? EMPTY, maxLength: most ?? 200, step: type === "number" ? "any" : null, autocomplete: "off" });
}

function parsed(kind, text) {
  const trimmed = text.trim();
  if (trimmed === EMPTY) return null;
  if (kind === "number") return Number(trimmed);
  if (kind === "boolean") return trimmed === "true";
  return trimmed;
}

function shownOf(kind, value) {
  if (value === null || value === undefined || value === EMPTY) return null;
  return kind === "boolean" ? t(value ? "yes" : "no") : String(value);
}

export function inline({ key, label, value, kind = "text", choices, placeholder, save, most, href = null }) {
  const root = el("div.inline");
  const text = shownOf(kind, value);

  function rest(focus = false) {
    const words = text ?? placeholder ?? t("inline.add");
    const button = el(text === null ? "button.inline-value.none" : "button.inline-value", { type: "button", data: { key }, title: t("inline.edit", { label }), ariaLabel: `${label}: ${words}`, onclick: edit }, words);
    root.replaceChildren(...(href && text !== null ? [button, href] : [button]));
    if (focus) button.focus({ preventScroll: true });
  }

  function edit() {
    const field = control(kind, { value, label, choices, most });
    let done = false;
    const finish = async (keep, focus) => {
      if (done) return;
      done = true;
      const next = parsed(kind, field.value);
      rest(focus);
      if (!keep || next === (value ?? null)) return;
      const waiting = root.firstElementChild;
      waiting.textContent = shownOf(kind, next) ?? placeholder ?? t("inline.add");
      waiting.classList.add("saving");
      try {
        await save(next);
      } catch (error) {
        if (!error?.code) throw error;
        toast(failure(error), { kind: "failed" });
        if (root.isConnected) rest();
      }
    };
    field.addEventListener("keydown", (event) => {
      if (composing(event)) return;
      if (event.key === "Enter") finish(true, true);
      else if (event.key === "Escape") finish(false, true);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    field.addEventListener("blur", () => finish(true, false));
    if (field.tagName === "SELECT") field.addEventListener("change", () => finish(true, true));
    root.replaceChildren(field);
    field.focus();
    field.select?.();
  }

  rest();
  return root;
}
