/* early.js: asks for the first page of the list while the other modules are still on their way: by the time there is somebody
 * to draw it, the answer is here. Runs by itself (async, the first module of the page).
 *   early   { filters, answer: Promise } | null: a saved view's filters are not known yet */

import { createApi } from "../shared/api.js";
import { openStore } from "../shared/store.js";
import { BUILT_IN, FIRST_PAGE, fromSearch, merged, query } from "./filters.js";

const SAVED = /^[0-9a-f-]{36}$/;

/* As Views begins: the address, else what was shown last, else “Mine”. */
function beginning() {
  const { view, extra } = fromSearch(new URLSearchParams(location.search));
  const last = openStore("kefu:console:").get("view");
  const name = [view, last].find((one) => BUILT_IN[one] || SAVED.test(one ?? "")) ?? "mine";
  return BUILT_IN[name] ? merged(BUILT_IN[name], view === null ? {} : extra) : null;
}

const filters = beginning();
export const early = filters && { filters, answer: createApi().get("conversations/", { ...query(filters), limit: FIRST_PAGE }) };
/* Whoever waits for it hears of a failure; nobody may be waiting yet. */
early?.answer.catch(() => {});
