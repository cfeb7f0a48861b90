/* variables.js: {{visitor.name|friend}} in canned replies and macros.
 *   filled(text, values) -> (string | <mark>)[]   what is known is filled in; what is not stays as written and is marked
 *   values { visitor, agent, site, conversation } */

import { el } from "../shared/dom.js";

const VARIABLE = /\{\{\s*([\w.-]+)\s*(?:\|([^}]*))?\}\}/g;

function valueOf(path, values) {
  const [root, name, ...rest] = path.split(".");
  const holder = name === "attributes" ? values[root]?.attributes : values[root];
  const value = name === "attributes" ? holder?.[rest.join(".")] : rest.length === 0 ? holder?.[name] : null;
  return value === null || value === undefined || value === "" || typeof value === "object" ? null : String(value);
}

export function filled(text, values) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(VARIABLE)) {
    const value = valueOf(found[1], values) ?? (found[2]?.trim() || null);
    parts.push(text.slice(from, found.index), value ?? el("mark.gap", {}, found[0]));
    from = found.index + found[0].length;
  }
  parts.push(text.slice(from));
  return parts.filter((part) => part !== "");
}
