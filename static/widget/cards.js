/* cards.js: what stands below the thread: the place in the queue, the form for a message, the question for a rating.
 * One at a time; which one is a rule without side effects, so it can be tested alone.
 *   choose({ ratable, status, queue, state, leaving }) -> "rating" | "leave" | "queue" | null
 *   const cards = await openCards(context)   cards.draw(facts)   cards.relabel() */

import "./extras.js";
import { moreWords } from "../shared/i18n.js";
import { asked, dismiss, left, rate } from "./answers.js";
import { LeaveCard, tellThanks } from "./leave-card.js";
import { Leaving } from "./leaving.js";
import { openingTime } from "./opening.js";
import { QueueCard } from "./queue-card.js";
import { ratingCard } from "./rating.js";

const MORE = { en: () => import("./more-en.js"), "zh-CN": () => import("./more-zh-cn.js") };
/* A place that is missing in one frame and back in the next is no news. */
const LINGER_MS = 1_500;

export function choose({ ratable, status, queue, state, leaving }) {
  if (ratable !== null) return "rating";
  if (leaving) return "leave";
  if (status !== "queued") return null;
  if (queue !== null && (state === "online" || state === "full")) return "queue";
  return state === "online" ? null : "leave";
}

export async function openCards(context) {
  await moreWords(MORE);
  return new Cards(context);
}

class Cards {
  #context;
  #queue = new QueueCard();
  #leave;
  #rating = null;
  #shown = null;
  #goes = null;

  constructor(context) {
    this.#context = context;
    const { session, store } = context;
    const leaving = new Leaving({
      ...context,
      onSent: (message, answer) => {
        left(context, message, answer);
        tellThanks();
      },
    });
    const known = () => ({ ...given(store.get("contact", {})), ...given(session.claimed) });
    this.#leave = new LeaveCard({ ...context, leaving, known });
  }

  get forced() {
    return this.#shown === "leave" && this.#leave.forced;
  }

  draw({ ratable: ended, ...rest }) {
    const facts = { ...rest, ratable: asked(this.#context, ended) ? null : ended };
    const wanted = choose({ ...facts, leaving: this.#leave.busy(facts) });
    if (wanted === null && this.#shown === "queue" && facts.status === "queued") {
      this.#goes ??= setTimeout(() => this.#show(null, facts), LINGER_MS);
      return;
    }
    clearTimeout(this.#goes);
    this.#goes = null;
    this.#show(wanted, facts);
  }

  opening(at) {
    return openingTime(at);
  }

  relabel() {
    this.#rating?.remove();
    this.#rating = null;
    this.#queue.relabel();
    this.#leave.relabel();
  }

  #show(wanted, facts) {
    this.#shown = wanted;
    const { below } = this.#context;
    place(below, this.#queue.node, wanted === "queue");
    place(below, this.#leave.node, wanted === "leave");
    if (wanted === "queue") this.#queue.draw(facts.queue);
    this.#leave.draw(wanted === "leave" ? facts : null);
    this.#drawRating(wanted === "rating" ? facts.ratable : null, facts);
  }

  /* The log may tell of the rating before the answer to it is here; the thanks stay until something new is said. */
  #drawRating(ratable, { status }) {
    const card = this.#rating;
    if (ratable !== null && card?.dataset.conversation !== ratable) {
      card?.remove();
      const context = this.#context;
      this.#rating = ratingCard({ onSend: (given) => rate(context, ratable, given), onLater: () => dismiss(context, ratable) });
      this.#rating.dataset.conversation = ratable;
      this.#context.below.append(this.#rating);
    } else if (ratable === null && card && !card.dataset.busy && (status === "active" || !card.dataset.done)) {
      card.remove();
      this.#rating = null;
    }
  }
}

function place(parent, node, wanted) {
  if (!wanted) node.remove();
  else if (node.parentNode !== parent) parent.prepend(node);
}

function given(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value));
}
