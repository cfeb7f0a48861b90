/* filters.js: what a view shows, as plain data; pure. Saved views keep the same data, the address carries it.
 *   { status: [..], agent: "me" | "none" | id, guest: "me", group: id | "none", label: [id, … all of them], channel: [..], site,
 *     snoozed: bool, priority: least, waiting: bool, unread: bool, q: text, order: "latest" | "waiting" | "priority" }      absent: does not matter
 *   BUILT_IN: name -> filters      matches(row, filters, selfId) -> bool      comparer(filters) -> (a, b)
 *   query(filters) -> REST query      same(a, b)      toSearch(view) -> URLSearchParams      fromSearch(params) -> { view, extra }
 *   merged(base, extra) -> filters      clean(anything) -> filters (what came from elsewhere)      KEYS: what the bar offers      FIRST_PAGE */

/* Rows of the first page; more than a screen holds. */
export const FIRST_PAGE = 50;
export const OPEN = ["bot", "queued", "active"];
export const BUILT_IN = {
  mine: { status: ["queued", "active"], agent: "me", snoozed: false },
  waiting: { status: ["queued"], order: "waiting" },
  invited: { status: OPEN, guest: "me" },
  snoozed: { status: OPEN, agent: "me", snoozed: true },
  all: { status: OPEN, snoozed: false },
  closed: { status: ["closed"] },
  bot: { status: ["bot"] },
};
export const VIEWS = Object.keys(BUILT_IN);
export const KEYS = ["status", "group", "label", "channel", "agent", "priority"];
export const ORDERS = ["latest", "waiting", "priority"];
export const CHANNELS = ["web", "h5", "mini_program", "app", "api"];
const ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const STATUSES = [...OPEN, "closed"];

const asleep = (row, now) => Boolean(row.snoozed_until) && row.snoozed_until > now;

export function matches(row, filters, selfId, now = Date.now()) {
  if (!(row.head > 0)) return false;
  if (filters.status && !filters.status.includes(row.status)) return false;
  if (filters.agent === "me" && row.agent?.id !== selfId) return false;
  if (filters.agent === "none" && row.agent) return false;
  if (filters.agent && !["me", "none"].includes(filters.agent) && row.agent?.id !== filters.agent) return false;
  if (filters.guest && !(row.guests ?? []).some((guest) => (guest.id ?? guest) === selfId)) return false;
  if (filters.group && (row.group?.id ?? "none") !== filters.group) return false;
  if (filters.label && !filters.label.every((id) => (row.labels ?? []).some((label) => label.id === id))) return false;
  if (filters.channel && !filters.channel.includes(row.channel)) return false;
  if (filters.site && row.site !== filters.site) return false;
  if (filters.snoozed !== undefined && asleep(row, now) !== filters.snoozed) return false;
  if (filters.priority && priorityOf(row) < filters.priority) return false;
  if (filters.unread && !(row.unread > 0)) return false;
  return !filters.waiting || Boolean(row.waiting_since);
}

export function priorityOf(row) {
  return row.visitor?.priority ?? row.priority ?? 0;
}

const byId = (a, b) => (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
const byLast = (a, b) => (b.last_at ?? 0) - (a.last_at ?? 0) || byId(a, b);
const since = (row) => row.waiting_since ?? Infinity;
const byWait = (a, b) => (since(a) === since(b) ? byId(b, a) : since(a) - since(b));
const byPriority = (a, b) => priorityOf(b) - priorityOf(a) || byLast(a, b);

export function comparer({ order } = {}) {
  return { waiting: byWait, priority: byPriority }[order] ?? byLast;
}

export function query(filters) {
  const asked = Object.entries(filters).map(([key, value]) => [key, Array.isArray(value) ? value.join(",") : value]);
  return Object.fromEntries(asked.filter(([key, value]) => ![undefined, null, ""].includes(value) && !(key === "order" && value === "latest")));
}

/* Filters come from other people's saved views and from addresses: only what is known gets through. */
export function clean(given) {
  const found = {};
  if (typeof given !== "object" || given === null) return found;
  const several = (key, fits) => {
    const all = [given[key] ?? []].flat().flatMap((one) => String(one).split(",")).filter(fits);
    if (all.length > 0) found[key] = [...new Set(all)];
  };
  several("status", (one) => STATUSES.includes(one));
  several("channel", (one) => CHANNELS.includes(one));
  several("label", (one) => ID.test(one));
  for (const key of ["agent", "group", "site"]) if (/^(?:me|none)$/.test(given[key] ?? "") || ID.test(given[key] ?? "")) found[key] = given[key];
  if (given.guest === "me") found.guest = "me";
  if (ORDERS.includes(given.order)) found.order = given.order;
  for (const key of ["snoozed", "waiting", "unread"]) if (["true", "false"].includes(String(given[key]))) found[key] = String(given[key]) === "true";
  const priority = Number.parseInt(given.priority, 10);
  if (priority >= 1 && priority <= 10) found.priority = priority;
  if (typeof given.q === "string" && given.q.trim() !== "") found.q = given.q.trim().slice(0, 100);
  return found;
}

/* A narrower choice replaces the view's own; a status outside of the view wins too (closed ones within “All”). */
export function merged(base, extra) {
  return { ...base, ...extra };
}

export function same(a, b) {
  const sign = (filters) => JSON.stringify(Object.entries(query(filters)).sort());
  return sign(a) === sign(b);
}

export function toSearch(view, extra) {
  const params = new URLSearchParams(view === "mine" ? {} : { view });
  for (const [key, value] of Object.entries(query(extra))) params.set(key, value);
  return params;
}

export function fromSearch(params) {
  const { view = null, ...rest } = Object.fromEntries(params);
  return { view, extra: clean(rest) };
}
