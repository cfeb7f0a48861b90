/* queue-card.js: "2 people ahead of you, about 5 min". A new place is said aloud, a new estimate is not; nothing is built
 * anew, so nothing jumps.   const q = new QueueCard()   q.node   q.draw({ position, eta_s })   q.relabel() */

import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

export class QueueCard {
  #place = el("p.place", { role: "status" });
  #wait = el("p.wait.num");
  #hint = el("p.hint");
  #last = null;
  node = el(
    "section.card.queue",
    {},
    el("span.turn", { ariaHidden: "true" }, icon("clock")),
    el("div.lines", {}, this.#place, this.#wait, this.#hint),
  );

  draw(queue) {
    if (queue === null) return;
    this.#last = queue;
    const ahead = Math.max(queue.position - 1, 0);
    write(this.#place, ahead === 0 ? t("queue_next") : t("queue_ahead", { count: ahead }));
    write(this.#wait, waitText(queue.eta_s));
    write(this.#hint, t("queue_hint"));
  }

  relabel() {
    this.draw(this.#last);
  }
}

export function waitText(seconds) {
  if (seconds === null || seconds === undefined) return t("queue_soon");
  if (seconds < 60) return t("queue_minute");
  const minutes = Math.ceil(seconds / 60);
  return minutes > 60 ? t("queue_hours") : t("queue_minutes", { count: minutes });
}

function write(node, text) {
  if (node.textContent !== text) fill(node, text);
}
