/* marked.js: a text with what was found in it marked.
 *   marked(text, [[from, to], …]) -> Node[]      places in UTF-16 units, ascending; those outside of the text are left out */

import { el } from "../shared/dom.js";

export function marked(text, places) {
  const nodes = [];
  let from = 0;
  for (const [start, end] of places ?? []) {
    if (!(start >= from && end > start && start < text.length)) continue;
    nodes.push(text.slice(from, start), el("mark", {}, text.slice(start, end)));
    from = Math.min(end, text.length);
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== "");
}
