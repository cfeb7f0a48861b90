/* leave-form.js: name, e-mail or phone, and the words. Checked here in the visitor's language, again by the server.
 *   const f = new LeaveForm({ store, values: { name, email, phone, text }, onSend(message) })
 *   f.node   f.focus()   f.values   f.touched   f.refused(fieldNames) */

import { el } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

const DRAFT = "leave_draft";
const LIMITS = { name: 100, email: 254, phone: 32, text: 8000 };
const EMAIL = /^[^\s@<>"(),:;]+@[^\s@<>"(),:;]+\.[^\s@.<>"(),:;]{2,}$/u;
const PHONE = /^\+?[0-9][0-9 ()./-]{3,30}$/;
let count = 0;

/* Which fields are wrong and why: { field: word key }. Pure. */
export function faults({ email, phone, text }) {
  const found = {};
  if (!email && !phone) found.email = "leave_need_contact";
  else if (email && !EMAIL.test(email)) found.email = "leave_bad_email";
  if (phone && !PHONE.test(phone)) found.phone = "leave_bad_phone";
  if (!text) found.text = "leave_need_text";
  return found;
}

export class LeaveForm {
  touched = false;
  node;
  #fields = {};
  #options;

  constructor(options) {
    this.#options = options;
    const values = { ...options.values, ...options.store.get(DRAFT, {}) };
    const id = `leave${(count += 1)}`;
    const field = (name, control) => this.#field(`${id}-${name}`, name, control, values[name] ?? "");
    this.node = el(
      "form.leaveform",
      { noValidate: true, onsubmit: (event) => this.#submit(event), oninput: () => this.#keep() },
      field("name", el("input", { type: "text", autocomplete: "name" })),
      field("email", el("input", { type: "email", autocomplete: "email", inputMode: "email", autocapitalize: "none", spellcheck: false })),
      field("phone", el("input", { type: "tel", autocomplete: "tel" })),
      field("text", el("textarea", { rows: 3, dir: "auto" })),
      el("button.primary", { type: "submit" }, t("leave_send")),
    );
  }

  get values() {
    return Object.fromEntries(Object.entries(this.#fields).map(([name, { control }]) => [name, control.value.trim()]));
  }

  focus() {
    const { name, email, phone, text } = this.values;
    const first = !name ? "name" : !email && !phone ? "email" : !text ? "text" : null;
    (first ? this.#fields[first].control : this.node.querySelector("button")).focus();
  }

  refused(names) {
    const found = Object.fromEntries(names.filter((name) => this.#fields[name]).map((name) => [name, `leave_bad_${name}`]));
    this.#mark(Object.keys(found).length > 0 ? found : { text: "leave_refused" });
  }

  #field(id, name, control, value) {
    const problem = el("p.problem", { id: `${id}-problem`, hidden: true });
    Object.assign(control, { id, value, maxLength: LIMITS[name] });
    control.setAttribute("aria-describedby", problem.id);
    if (name === "text") control.required = true;
    this.#fields[name] = { control, problem };
    return el("div.formrow", {}, el("label", { htmlFor: id }, t(`leave_${name}`)), control, problem);
  }

  #keep() {
    this.touched = true;
    this.#options.store.set(DRAFT, this.values);
    for (const { control } of Object.values(this.#fields)) {
      if (control.getAttribute("aria-invalid") === "true") return this.#mark(faults(this.values), false);
    }
  }

  #mark(found, move = true) {
    for (const [name, { control, problem }] of Object.entries(this.#fields)) {
      const key = found[name];
      control.setAttribute("aria-invalid", key ? "true" : "false");
      problem.hidden = !key;
      problem.textContent = key ? t(key) : "";
    }
    const first = Object.keys(this.#fields).find((name) => found[name]);
    if (first && move) this.#fields[first].control.focus();
  }

  #submit(event) {
    event.preventDefault();
    const message = this.values;
    const found = faults(message);
    this.#mark(found);
    if (Object.keys(found).length > 0) return;
    this.#options.store.remove(DRAFT);
    this.#options.onSend(Object.fromEntries(Object.entries(message).filter(([, value]) => value)));
  }
}
