/* settled.js: what comes with a session: looking whether somebody is there, and the trail of pages where the page lets us.
 *   const s = settle({ api, session, trailed, wanted() -> bool, onAnswer(answer) })   s.heard(opensAt)   s.look()   s.page(page) */

import { Reception } from "./reception.js";
import { Trail } from "./trail.js";

export function settle({ api, session, trailed, wanted, onAnswer }) {
  const reception = new Reception({ api, session, wanted, onAnswer });
  const trail = trailed ? new Trail({ api, session, known: () => session.answer !== null }) : null;
  return {
    heard: (opensAt) => reception.heard(opensAt),
    look: () => reception.look(),
    page: (page) => trail?.add(page),
  };
}
