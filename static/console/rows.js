/* rows.js: the conversations this agent knows of, and what each view shows of them; no DOM, no network.
 *
 *   const rows = new Rows(selfId);
 *   rows.put(row, asked)        a row from REST (fields as in GET conversations/); older knowledge never wins
 *   rows.mark()                 the moment before a read, for put's `asked`: a frame that came during the read outlives its answer
 *   rows.tell(id, fields)       a `conversation` frame, kept although the row is not known yet      rows.toldSince(id, mark) -> bool
 *   rows.drop(id)               it is not this agent's to read (any more)      rows.isGone(id) -> bool
 *   rows.patch(id, fields)      -> false when the row is unknown
 *   rows.entry(entry, { seen }) a live entry: last text, unread, wait, head; seen: it is being read right now
 *   rows.read(id, seq)          everything up to seq was read
 *   rows.view(name | filters) -> row[] in order      rows.where(filters) -> row[]      rows.fits(row, filters)
 *   rows.counts() -> { mine, waiting, all, unread }      rows.get(id)   rows.has(id)   rows.onChange = (id) => … */

import { BUILT_IN, comparer, matches } from "./filters.js";

/* Frames remembered for reads that are under way: a read takes a moment, this many take minutes. */
const MOST_TOLD = 1000;
const SHOWN_KINDS = new Set(["text", "image", "file", "card"]);

export class Rows {
  onChange = () => {};
  #self;
  #byId = new Map();
  #counts = null;
  #told = new Map();
  #clock = 0;

  constructor(self) {
    this.#self = self;
  }

  #changed(id) {
    this.#counts = null;
    this.onChange(id);
  }

  has(id) {
    return this.#byId.has(id);
  }

  get(id) {
    return this.#byId.get(id) ?? null;
  }

  all() {
    return [...this.#byId.values()];
  }

  mark() {
    return this.#clock;
  }

  tell(id, fields) {
    this.#clock += 1;
    this.#told.delete(id);
    this.#told.set(id, { at: this.#clock, fields });
    if (this.#told.size > MOST_TOLD) this.#told.delete(this.#told.keys().next().value);
    return fields !== null && this.patch(id, fields);
  }

  toldSince(id, mark) {
    return (this.#told.get(id)?.at ?? 0) > mark;
  }

  isGone(id) {
    return this.#told.get(id)?.fields === null;
  }

  drop(id) {
    this.tell(id, null);
    if (this.#byId.delete(id)) this.#changed(id);
  }

  put(given, asked = Infinity) {
    const told = this.toldSince(given.id, asked) ? this.#told.get(given.id) : null;
    if (told?.fields === null) return;
    this.#keep(given);
    /* The answer may have been written before what the frame tells, and no second frame would say so. */
    if (told) this.patch(given.id, told.fields);
  }

  #keep(given) {
    const known = this.#byId.get(given.id);
    /* Answered is read, whether or not anybody's page said so. */
    const row = given.waiting_since === null ? { ...given, unread: 0 } : given;
    /* A page read before a live entry must not take that entry back. */
    if (known && known.head > row.head) {
      this.#byId.set(row.id, { ...row, ...live(known), visitor: { ...known.visitor, ...row.visitor } });
    } else {
      this.#byId.set(row.id, { ...known, ...row });
    }
    this.#changed(row.id);
  }

  patch(id, fields) {
    const known = this.#byId.get(id);
    if (!known) return false;
    this.#byId.set(id, { ...known, ...fields });
    if (fields.status === "closed") this.#byId.get(id).waiting_since = null;
    this.#changed(id);
    return true;
  }

  entry(entry, { seen = false } = {}) {
    const known = this.#byId.get(entry.conversation);
    if (!known) return;
    const row = { ...known, head: Math.max(known.head, entry.seq) };
    /* REST knows the head at once but words and unread up to a second later, so these go by the entry's time. */
    const fresh = entry.seq > known.head || (entry.created_at ?? 0) > (known.last_at ?? 0);
    if (SHOWN_KINDS.has(entry.kind) && fresh) {
      row.last_text = entry.kind === "text" ? entry.text : `[${entry.kind}]`; // as the server's list says it
      row.last_at = entry.created_at;
      row.last_seq = entry.seq;
      if (entry.sender.kind === "visitor") {
        row.waiting_since ??= entry.created_at;
        row.unread = seen ? 0 : known.unread + 1;
      } else {
        row.waiting_since = null;
        row.unread = 0;
      }
    }
    if (fresh && entry.kind === "event") Object.assign(row, folded(entry.event, row));
    this.#byId.set(row.id, row);
    this.#changed(row.id);
  }

  read(id, seq) {
    const known = this.#byId.get(id);
    if (!known || known.unread === 0 || seq < known.head) return;
    this.#byId.set(id, { ...known, unread: 0 });
    this.#changed(id);
  }

  isMine(id) {
    const row = this.#byId.get(id);
    return row?.status === "active" && row.agent?.id === this.#self;
  }

  fits(row, filters, now = Date.now()) {
    return matches(row, filters, this.#self, now);
  }

  where(filters) {
    const now = Date.now();
    return this.all().filter((row) => this.fits(row, filters, now));
  }

  view(chosen) {
    const filters = typeof chosen === "string" ? BUILT_IN[chosen] : chosen;
    return this.where(filters).sort(comparer(filters));
  }

  /* Asked by rail, title and status after every change: counted once, in one pass. */
  counts() {
    if (this.#counts !== null) return this.#counts;
    const counts = { mine: 0, waiting: 0, all: 0, unread: 0 };
    const now = Date.now();
    for (const row of this.#byId.values()) {
      if (!this.fits(row, BUILT_IN.all, now)) continue;
      counts.all += 1;
      if (this.fits(row, BUILT_IN.waiting, now)) counts.waiting += 1;
      if (!this.fits(row, BUILT_IN.mine, now)) continue;
      counts.mine += 1;
      counts.unread += row.unread;
    }
    this.#counts = counts;
    return counts;
  }
}

/* What moves with entries and acts, as against what describes people. */
const LIVE = ["head", "status", "agent", "unread", "last_text", "last_at", "last_seq", "waiting_since", "group", "guests", "labels", "snoozed_until", "offered"];

function live(row) {
  return Object.fromEntries(LIVE.filter((key) => row[key] !== undefined).map((key) => [key, row[key]]));
}

/* The part of the server's fold that a list shows; `conversation` frames say the same. */
function folded(event, row) {
  const data = event?.data ?? {};
  if (["accepted", "assigned", "transferred"].includes(event?.name)) {
    return data.agent ? { status: "active", agent: data.agent } : { status: "queued", agent: null };
  }
  if (["queued", "handoff"].includes(event?.name)) return { status: "queued", agent: null, ...(data.group ? { group: data.group } : {}) };
  if (event?.name === "recalled" && data.seq === row.last_seq) return { last_text: "[recalled]" };
  if (event?.name === "closed") return { status: "closed", waiting_since: null };
  if (event?.name === "reopened") {
    return data.keep_agent && row.agent ? { status: "active" } : { status: "queued", agent: null };
  }
  return {};
}
