/* visitors.js: what is known of visitors, shared by the side panel, canned replies and dialogs.
 *   const visitors = new Visitors(desk);
 *   await visitors.load(id, { fresh }) -> visitor      visitors.get(id) -> visitor | null
 *   await visitors.patch(id, fields) -> visitor        emits desk "visitor" (id) on every change */

const MOST = 40;

export class Visitors {
  #desk;
  #known = new Map();
  #asking = new Map();

  constructor(desk) {
    this.#desk = desk;
  }

  get(id) {
    return this.#known.get(id) ?? null;
  }

  load(id, { fresh = false } = {}) {
    if (!fresh && this.#known.has(id)) return Promise.resolve(this.#known.get(id));
    if (!this.#asking.has(id)) {
      const asked = this.#desk.api
        .get(`visitors/${id}/`)
        .then((visitor) => this.keep(visitor))
        .finally(() => this.#asking.delete(id));
      this.#asking.set(id, asked);
    }
    return this.#asking.get(id);
  }

  async patch(id, fields) {
    return this.keep(await this.#desk.api.patch(`visitors/${id}/`, fields));
  }

  keep(visitor) {
    this.#known.delete(visitor.id);
    this.#known.set(visitor.id, visitor);
    for (const old of [...this.#known.keys()].slice(0, -MOST)) this.#known.delete(old);
    for (const row of this.#desk.rows.all()) {
      if (row.visitor.id !== visitor.id) continue;
      const { name, priority, blocked_at: blockedAt } = visitor;
      this.#desk.rows.patch(row.id, { visitor: { ...row.visitor, name, priority, blocked: Boolean(blockedAt) } });
    }
    this.#desk.emit("visitor", visitor.id);
    return visitor;
  }
}
