/* lists.js: reads rows from REST into Rows, a page at a time, by filters (filters.js).
 *
 *   const lists = new Lists(api, rows);
 *   await lists.load(filters)   first page     await lists.more(filters)   next page     lists.hasMore(filters)   lists.loaded(filters)
 *   lists.within(filters) -> row => bool      whether a row stands above the end of what was read: others may be known, but not those between
 *   lists.found(filters) -> id[]      what the server found, in its order (a search by text, which rows cannot tell)
 *   await lists.refresh({ before })   first pages of what was read lately (asked for before a moment, ms of performance.now()), again; rows that are missing there are asked for singly
 *   lists.expect(early)               a first page somebody asked for already (early.js): the first load of it waits for that
 *   await lists.one(id, { fresh, settled })    -> row | null; asked at most once at a time      settled: a moment later, if it is still ours then */

import { comparer, FIRST_PAGE, query } from "./filters.js";

const NEXT = 100;
const KEPT = 8;
const MOST_SUSPECTS = 40;
const SETTLED_MS = 300;
const RETRY_MS = [250, 600, 1500];

export class Lists {
  #api;
  #rows;
  #pages = new Map();
  #asking = new Map();
  #early = null;

  constructor(api, rows) {
    this.#api = api;
    this.#rows = rows;
  }

  #key(filters) {
    return JSON.stringify(query(filters));
  }

  async #read(filters, cursor) {
    return this.#api.get("conversations/", { ...query(filters), limit: cursor ? NEXT : FIRST_PAGE, cursor });
  }

  async load(filters) {
    const at = performance.now();
    const asked = this.#rows.mark();
    const answer = (await this.#expected(filters)) ?? (await this.#read(filters, null));
    const key = this.#key(filters);
    for (const row of answer.data) this.#rows.put(row, asked);
    const known = this.#pages.get(key);
    const page = { filters, at, cursor: null, last: null, ids: answer.data.map((row) => row.id) };
    this.#upTo(page, answer);
    /* Read again, what had been read further down stays. */
    if (known?.deeper) Object.assign(page, { cursor: known.cursor, last: known.last, deeper: true, ids: [...new Set([...page.ids, ...known.ids])] });
    this.#pages.delete(key);
    this.#pages.set(key, page);
    for (const old of [...this.#pages.keys()].slice(0, -KEPT)) this.#pages.delete(old);
    this.#doubt(filters, answer);
  }

  expect(early) {
    this.#early = early;
  }

  /* -> the answer that was asked for early, once; null: there is none, or it failed */
  async #expected(filters) {
    const early = this.#early;
    if (early === null || this.#key(early.filters) !== this.#key(filters)) return null;
    this.#early = null;
    return early.answer.catch(() => null);
  }

  /* The last row as it was: it may move up later, the end of what was read does not. */
  #upTo(page, { data, meta }) {
    page.cursor = meta.has_more ? meta.next_cursor : null;
    page.last = data.at(-1) ?? page.last;
  }

  within(filters) {
    const page = this.#pages.get(this.#key(filters));
    if (!page?.cursor || page.last === null) return () => true;
    const compare = comparer(filters);
    return (row) => compare(row, page.last) <= 0;
  }

  /* Whoever should stand in this page and does not, has moved on while nobody told us. */
  #doubt(filters, { data, meta }) {
    if (filters.q) return;
    const there = new Set(data.map((row) => row.id));
    const compare = comparer(filters);
    const last = meta.has_more && data.length > 0 ? this.#rows.get(data.at(-1).id) : null;
    const doubted = this.#rows.where(filters).filter((row) => !there.has(row.id) && (last === null || compare(row, last) < 0));
    for (const row of doubted.slice(0, MOST_SUSPECTS)) this.one(row.id);
  }

  loaded(filters) {
    return this.#pages.has(this.#key(filters));
  }

  hasMore(filters) {
    return Boolean(this.#pages.get(this.#key(filters))?.cursor);
  }

  found(filters) {
    return this.#pages.get(this.#key(filters))?.ids ?? [];
  }

  async more(filters) {
    const page = this.#pages.get(this.#key(filters));
    if (!page?.cursor || page.busy) return false;
    page.busy = true;
    const asked = this.#rows.mark();
    try {
      const answer = await this.#read(filters, page.cursor);
      for (const row of answer.data) this.#rows.put(row, asked);
      this.#upTo(page, answer);
      page.deeper = true;
      page.ids.push(...answer.data.map((row) => row.id));
      return true;
    } finally {
      page.busy = false;
    }
  }

  async refresh({ before = Infinity } = {}) {
    await Promise.all([...this.#pages.values()].filter(({ at }) => at < before).map(({ filters }) => this.load(filters)));
  }

  one(id, { fresh = false, settled = false } = {}) {
    if (!fresh && this.#asking.has(id)) return this.#asking.get(id);
    const asked = (settled ? this.#later(id) : this.#ask(id)).finally(() => this.#asking.delete(id));
    this.#asking.set(id, asked);
    return asked;
  }

  /* Everybody hears of a new conversation, then it finds its group: by now most need not ask any more. */
  async #later(id) {
    await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
    return this.#rows.isGone(id) ? null : this.#ask(id);
  }

  /* Words may reach the row a moment after the log. What is not found is somebody else's to read, unless the socket has told
   * of it meanwhile: a conversation that was given to this agent while we asked. */
  async #ask(id) {
    for (const wait of [...RETRY_MS, null]) {
      const asked = this.#rows.mark();
      try {
        const row = await this.#api.get(`conversations/${id}/`);
        this.#rows.put(row, asked);
        if (row.head > 0 || wait === null) return this.#rows.get(id);
      } catch (error) {
        const gone = error.status === 404;
        if (gone && !this.#rows.toldSince(id, asked)) this.#rows.drop(id);
        if (wait === null || (gone ? this.#rows.isGone(id) : !error.retryable)) return null;
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    return null;
  }
}
