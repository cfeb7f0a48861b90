/* below.js: what stands below the thread: who is writing, and one card. The cards come when they are first needed, or a
 * moment after the session, so that they are there when the network is not.
 *   const b = new Below({ node, context, say(text), onChange })   b.draw({ … facts for cards.js })   b.prefetch()   b.relabel()   b.forced
 *   b.typing({ on, sender }, fallbackName)   b.opening(ms) -> "in 3 hours" | null */

import { announce } from "../shared/a11y.js";
import { t } from "../shared/i18n.js";
import { senderName, typingNode } from "./bubble.js";

const IDLE_MS = 2_500;
const TYPING_MS = 8_000;

export class Below {
  #options;
  #cards = null;
  #typist = null;
  #typingEnd = null;
  #coming = null;
  #asking = null;
  #quick = null;

  constructor(options) {
    this.#options = options;
  }

  get forced() {
    return this.#cards?.forced ?? false;
  }

  prefetch() {
    setTimeout(() => this.#open(), IDLE_MS);
  }

  relabel() {
    this.#cards?.relabel();
    this.#quick?.remove();
    this.#quick = this.#asking = null;
  }

  opening(at) {
    return this.#cards?.opening(at) ?? null;
  }

  typing({ on, sender = null }, fallback = null) {
    if (sender?.kind === "visitor") return;
    clearTimeout(this.#typingEnd);
    const before = this.#typist;
    this.#typist = on ? { ...sender, name: sender?.name ?? fallback } : null;
    if (on) this.#typingEnd = setTimeout(() => this.typing({ on: false }), TYPING_MS);
    if ((before === null) === (this.#typist === null)) return;
    if (on) announce(t("typing", { name: senderName(this.#typist) }));
    this.#options.onChange();
  }

  draw(facts) {
    const { node } = this.#options;
    const shown = node.querySelector(".typing");
    if (this.#typist && !shown) node.append(typingNode(this.#typist));
    else if (!this.#typist) shown?.remove();
    const needed = facts.ratable !== null || (facts.status === "queued" && (facts.queue !== null || facts.state !== "online"));
    this.#drawQuick(facts.quick ?? []);
    if (this.#cards) this.#cards.draw(facts);
    else if (needed) this.#open();
  }

  #drawQuick(questions) {
    if (questions.length === 0) this.#quick?.remove();
    else if (this.#quick) this.#options.node.append(this.#quick);
    else {
      this.#asking ??= import("./quick.js").then(
        async ({ quickNode }) => {
          this.#quick = await quickNode(questions, this.#options.say);
          this.#options.onChange();
        },
        () => {
          this.#asking = null;
        },
      );
    }
  }

  #open() {
    const { node, context, onChange } = this.#options;
    this.#coming ??= import("./cards.js")
      .then((found) => found.openCards({ ...context, below: node }))
      .then((cards) => {
        this.#cards = cards;
        onChange();
      })
      .catch(() => {
        this.#coming = null;
      });
  }
}
