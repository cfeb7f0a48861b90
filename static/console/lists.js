/* lists.js: reads rows from REST into Rows, a page at a time; a search keeps its own order.
 *
 *   const lists = new Lists(api, rows);
 *   await lists.load(view, site)      first page     await lists.more(view, site)      next page     lists.hasMore(view, site)
 *   await lists.search(text, site) -> row[]
 *   await lists.refresh()             first pages of everything that was ever loaded, again
 *   await lists.one(id, { fresh })    -> row | null; asked at most once at a time */

const PAGE = 50;
const RETRY_MS = [250, 600, 1500];

export class Lists {
  #api;
  #rows;
  #pages = new Map();
  #asking = new Map();

  constructor(api, rows) {
    this.#api = api;
    this.#rows = rows;
  }

  #query(view, site) {
    const query = { limit: PAGE, site };
    if (view === "mine") return { ...query, status: "active", agent: "me" };
    if (view === "waiting") return { ...query, status: "queued" };
    if (view === "closed") return { ...query, status: "closed" };
    return { ...query, status: "bot,queued,active" };
  }

  #key(view, site) {
    return `${view} ${site ?? ""}`;
  }

  async #read(view, site, cursor) {
    const answer = await this.#api.get("conversations/", { ...this.#query(view, site), cursor });
    for (const row of answer.data) this.#rows.put(row);
    return answer;
  }

  async load(view, site) {
    const answer = await this.#read(view, site, null);
    this.#pages.set(this.#key(view, site), { view, site, cursor: answer.meta.has_more ? answer.meta.next_cursor : null });
  }

  loaded(view, site) {
    return this.#pages.has(this.#key(view, site));
  }

  hasMore(view, site) {
    return Boolean(this.#pages.get(this.#key(view, site))?.cursor);
  }

  async more(view, site) {
    const page = this.#pages.get(this.#key(view, site));
    if (!page?.cursor || page.busy) return;
    page.busy = true;
    try {
      const answer = await this.#read(view, site, page.cursor);
      page.cursor = answer.meta.has_more ? answer.meta.next_cursor : null;
    } finally {
      page.busy = false;
    }
  }

  async search(text, site) {
    const answer = await this.#api.get("conversations/", { limit: PAGE, site, q: text });
    for (const row of answer.data) this.#rows.put(row);
    return answer.data.map((row) => row.id);
  }

  async refresh() {
    await Promise.all([...this.#pages.values()].map(({ view, site }) => this.#read(view, site, null)));
  }

  one(id, { fresh = false } = {}) {
    if (!fresh && this.#asking.has(id)) return this.#asking.get(id);
    const asked = this.#ask(id).finally(() => this.#asking.delete(id));
    this.#asking.set(id, asked);
    return asked;
  }

  /* A conversation announced a moment ago may not have reached the database yet. */
  async #ask(id) {
    for (const wait of [...RETRY_MS, null]) {
      try {
        const row = await this.#api.get(`conversations/${id}/`);
        this.#rows.put(row);
        if (row.head > 0 || wait === null) return row;
      } catch (error) {
        if (error.status !== 404 && !error.retryable) return null;
        if (wait === null) return null;
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    return null;
  }
}
