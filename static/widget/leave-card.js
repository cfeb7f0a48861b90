/* leave-card.js: polite words when nobody can answer, and the form for a message.
 *   const c = new LeaveCard({ leaving, store, known() -> { name, email, phone }, draft() -> text })
 *   c.node   c.draw({ state, opens_at, queue } | null)   c.busy()   c.forced   c.relabel() */

import { announce } from "../shared/a11y.js";
import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { LeaveForm } from "./leave-form.js";
import { openingTime } from "./opening.js";

export class LeaveCard {
  node = el("section.card.leave");
  #context;
  #form = null;
  #sign = null;
  #facts = null;

  constructor(context) {
    this.#context = context;
  }

  get #left() {
    return this.#context.store.get("left");
  }

  /* What was begun here is shown to its end, whatever the office does meanwhile. */
  busy({ status, state }) {
    const { leaving } = this.#context;
    if (status !== "queued") return false;
    return leaving.waiting !== null || leaving.problem !== null || (this.#form?.touched ?? false) || (state !== "online" && this.#left !== null);
  }

  get forced() {
    return this.#facts?.state === "full" && this.#facts.queue === null && this.#context.leaving.waiting === null && this.#left === null;
  }

  draw(facts) {
    this.#facts = facts;
    if (facts === null) {
      this.#sign = null;
      return;
    }
    const { leaving } = this.#context;
    const part = leaving.waiting ? "waiting" : leaving.problem || this.#form || facts.state === "full" ? "form" : this.#left ? "done" : "offer";
    const open = part === "offer" && facts.state === "closed" ? "form" : part;
    const sign = [open, facts.state, facts.opens_at, leaving.problem?.fields].join("|");
    if (sign === this.#sign) return;
    this.#sign = sign;
    this.#build(open, facts);
  }

  relabel() {
    const facts = this.#facts;
    this.#sign = null;
    if (this.#form) this.#form = new LeaveForm(this.#formContext(this.#form.values));
    if (facts) this.draw(facts);
  }

  #build(part, facts) {
    this.node.setAttribute("aria-label", t("leave_title"));
    if (part === "waiting") fill(this.node, this.#waiting());
    else if (part === "done") fill(this.node, this.#done());
    else if (part === "offer") fill(this.node, ...words(facts), this.#offer(facts));
    else {
      this.#form ??= new LeaveForm(this.#formContext());
      fill(this.node, ...words(facts), this.#form.node);
      if (this.#context.leaving.problem) this.#form.refused(this.#context.leaving.problem.fields);
    }
  }

  #formContext(values = null) {
    const { store, leaving, known, draft, said } = this.#context;
    const refused = leaving.problem?.message ?? null;
    return {
      store,
      values: values ?? refused ?? { ...known(), text: draft() },
      onSend: (message) => {
        this.#form = null;
        said(message);
        leaving.send(message);
      },
    };
  }

  #offer(facts) {
    return el(
      "button.primary",
      {
        type: "button",
        onclick: () => {
          this.#form = new LeaveForm(this.#formContext());
          this.#sign = null;
          this.draw(facts);
          this.#form.focus();
        },
      },
      t("leave_offer"),
    );
  }

  #waiting() {
    const { text } = this.#context.leaving.waiting;
    return el(
      "div.lines",
      { role: "status" },
      el("p.lead", {}, icon("clock"), navigator.onLine ? t("leave_sending") : t("leave_kept")),
      el("blockquote.kept", { dir: "auto" }, text),
    );
  }

  #done() {
    const { email = null, phone = null } = this.#left;
    const again = () => {
      this.#context.store.remove("left");
      this.#form = new LeaveForm(this.#formContext());
      this.#sign = null;
      this.draw(this.#facts);
      this.#form.focus();
    };
    return el(
      "div.lines",
      {},
      el("p.lead", {}, icon("check"), t("leave_thanks")),
      el("p.hint", {}, t("leave_answer", { contact: email || phone })),
      el("button.link", { type: "button", onclick: again }, t("leave_again")),
    );
  }
}

function words({ state, opens_at }) {
  const opens = openingTime(opens_at);
  const lead = state === "closed" && opens ? t("leave_closed_until", { when: opens }) : t(`leave_${state}`);
  return [el("p.lead", {}, lead), el("p.hint", {}, t(state === "full" ? "leave_hint_full" : "leave_hint"))];
}

export function tellThanks() {
  announce(t("leave_thanks"));
}
