/* Words in the person's language. A missing key shows itself, so it is seen at once. */

let current = "en";
let words = {};
let plural = new Intl.PluralRules("en");
const listeners = new Set();

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
  const module = await dictionaries[name]();
  current = name;
  words = module.default;
  plural = new Intl.PluralRules(name);
  document.documentElement.lang = name;
  for (const listener of listeners) listener(name);
  return name;
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
