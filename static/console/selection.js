/* selection.js: the conversations picked for one act on all of them; pure.
 *   const picked = new Selection(); picked.onChange = () => …
 *   picked.toggle(id, { range, ids })   range: from the last one to this, as they stand in `ids`
 *   picked.all(ids)   picked.clear()   picked.keep(fn)   picked.has(id)   picked.ids() -> string[]   picked.size */

export const MOST = 200;

export class Selection {
  onChange = () => {};
  #ids = new Set();
  #last = null;

  get size() {
    return this.#ids.size;
  }

  has(id) {
    return this.#ids.has(id);
  }

  ids() {
    return [...this.#ids];
  }

  toggle(id, { range = false, ids = [] } = {}) {
    const from = ids.indexOf(this.#last);
    const to = ids.indexOf(id);
    if (range && from !== -1 && to !== -1) {
      for (const one of ids.slice(Math.min(from, to), Math.max(from, to) + 1)) this.#add(one);
    } else if (!this.#ids.delete(id)) {
      this.#add(id);
    }
    this.#last = id;
    this.onChange();
  }

  #add(id) {
    if (this.#ids.size < MOST) this.#ids.add(id);
  }

  all(ids) {
    for (const id of ids) this.#add(id);
    this.onChange();
  }

  keep(fits) {
    const before = this.#ids.size;
    for (const id of this.#ids) if (!fits(id)) this.#ids.delete(id);
    if (this.#ids.size !== before) this.onChange();
  }

  clear() {
    if (this.#ids.size === 0) return;
    this.#ids.clear();
    this.#last = null;
    this.onChange();
  }
}
