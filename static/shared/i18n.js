/* Words in the person's language. A missing key shows itself, so it is seen at once. */

let current = "en";
let words = {};
let plural = new Intl.PluralRules("en");
const listeners = new Set();
const later = [];

export function matchLocale(wanted, available) {
  for (const tag of [wanted].flat()) {
    const lower = String(tag ?? "").toLowerCase().replace("_", "-");
    const exact = available.find((name) => name.toLowerCase() === lower);
    if (exact) return exact;
    const near = available.find((name) => name.toLowerCase().split("-")[0] === lower.split("-")[0]);
    if (near) return near;
  }
  return available[0];
}

export async function useLocale(wanted, dictionaries) {
  const name = matchLocale(wanted, Object.keys(dictionaries));
  const modules = await Promise.all([dictionaries, ...later].map((one) => one[name]()));
  current = name;
  words = Object.assign({}, ...modules.map((module) => module.default));
  plural = new Intl.PluralRules(name);
  document.documentElement.lang = name;
  for (const listener of listeners) listener(name);
  return name;
}

/* Words of parts that come later, in the same languages. */
export async function moreWords(dictionaries) {
  const module = await dictionaries[current]();
  later.push(dictionaries);
  Object.assign(words, module.default);
}

export function t(key, params = {}) {
  let text = words[key] ?? key;
  if (params.count !== undefined) text = words[`${key}_${plural.select(params.count)}`] ?? text;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (params[name] === undefined ? whole : String(params[name])));
}

export function locale() {
  return current;
}

export function onLocale(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
