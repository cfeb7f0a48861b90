/* order.js: which rows a list shows in which places, so that nothing slips away under a click; pure.
 *   const order = new Order();
 *   order.update(ids, { held }) -> { shown, pending, gone }
 *     ids      what belongs into the list now, in its true order
 *     held     somebody points at the list or reads further down: whoever stands, stays
 *     shown    ids by place: while held, the places of before; whoever came below them is added at the end
 *     pending  ids that belong above and are not shown yet (the list says how many)
 *     gone     Set of ids that still stand although they belong elsewhere by now
 *   order.reset()      the next update is not held (another list) */

export class Order {
  #shown = [];

  reset() {
    this.#shown = [];
  }

  update(ids, { held }) {
    if (!held || this.#shown.length === 0) {
      this.#shown = ids;
      return { shown: ids, pending: [], gone: new Set() };
    }
    const place = new Map(ids.map((id, at) => [id, at]));
    const standing = new Set(this.#shown);
    let lowest = -1;
    for (const id of this.#shown) lowest = Math.max(lowest, place.get(id) ?? -1);
    const fresh = ids.filter((id) => !standing.has(id));
    const below = fresh.filter((id) => place.get(id) > lowest);
    const pending = fresh.filter((id) => place.get(id) < lowest);
    if (below.length > 0) this.#shown = [...this.#shown, ...below];
    return { shown: this.#shown, pending, gone: new Set(this.#shown.filter((id) => !place.has(id))) };
  }
}
