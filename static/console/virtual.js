/* virtual.js: a list of rows of one height, of which only those in sight exist as elements.
 *   const list = new VirtualList({ scroll, list, make(), bind(node, id), paint(node, id), onNearEnd(), onShown(ids) });
 *     make() -> node { item: <li>, … }     bind: the node stands for another row now     paint: it may have changed
 *   list.set(ids)   the rows in order; what is in sight is painted     list.repaint(id | null)   list.node(id) -> node | undefined
 *   list.nodes() -> [id, node][] in sight     list.reveal(id)     list.top() (scrolls there)     list.height (px of one row)
 * Rows are moved by transform and used again, so scrolling makes no elements, no layout and little garbage. */

const OVERSCAN = 6;
const NEAR_END = 40;

export class VirtualList {
  height = 0;
  #on;
  #scroll;
  #list;
  #ids = [];
  #place = new Map();
  #nodes = new Map();
  #spare = [];
  #first = 0;
  #last = -1;
  #waiting = false;
  #view = 0;

  constructor({ scroll, list, ...on }) {
    this.#scroll = scroll;
    this.#list = list;
    this.#on = on;
    this.measure();
    scroll.addEventListener("scroll", () => this.#soon(), { passive: true });
    new ResizeObserver(() => {
      this.measure();
      this.#layout(true);
    }).observe(scroll);
  }

  /* The height is the style sheet's word (density, phones); read it again when that may have changed. */
  measure() {
    this.#view = this.#scroll.clientHeight;
    const height = Number.parseFloat(getComputedStyle(this.#list).getPropertyValue("--row")) || 72;
    if (height === this.height) return;
    this.height = height;
    for (const node of this.#nodes.values()) node.at = -1;
    this.#list.style.height = `${this.#ids.length * height}px`;
  }

  set(ids) {
    if (ids.length !== this.#ids.length) this.#list.style.height = `${ids.length * this.height}px`;
    if (ids !== this.#ids) this.#place = new Map(ids.map((id, at) => [id, at]));
    this.#ids = ids;
    this.#layout(true);
  }

  at(id) {
    return this.#place.get(id) ?? -1;
  }

  node(id) {
    return this.#nodes.get(id);
  }

  nodes() {
    return [...this.#nodes];
  }

  repaint(id = null) {
    if (id === null) for (const [other, node] of this.#nodes) this.#on.paint(node, other);
    else if (this.#nodes.has(id)) this.#on.paint(this.#nodes.get(id), id);
  }

  reveal(id) {
    const at = this.at(id);
    if (at === -1) return;
    const top = at * this.height;
    const from = this.#scroll.scrollTop;
    if (top < from) this.#scroll.scrollTop = top;
    else if (top + this.height > from + this.#view) this.#scroll.scrollTop = top + this.height - this.#view;
    this.#layout(false);
  }

  top() {
    this.#scroll.scrollTop = 0;
    this.#layout(false);
  }

  #soon() {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.#layout(false);
    });
  }

  #layout(everything) {
    const from = this.#scroll.scrollTop;
    this.#first = Math.max(0, Math.floor(from / this.height) - OVERSCAN);
    this.#last = Math.min(this.#ids.length - 1, Math.ceil((from + this.#view) / this.height) + OVERSCAN);
    this.#clear();
    for (let at = this.#first; at <= this.#last; at += 1) this.#put(this.#ids[at], at, everything);
    for (const node of this.#spare) node.item.remove();
    this.#sort();
    if (this.#last >= this.#ids.length - NEAR_END) this.#on.onNearEnd?.();
    this.#on.onShown?.(this.#ids.slice(this.#first, this.#last + 1));
  }

  /* The row that has the focus stays, out of sight, so that the keyboard is not thrown back to the page. */
  #clear() {
    for (const [id, node] of this.#nodes) {
      const at = this.at(id);
      if (at >= this.#first && at <= this.#last) continue;
      if (at !== -1 && node.item.contains(document.activeElement)) continue;
      this.#nodes.delete(id);
      this.#spare.push(node);
    }
  }

  #put(id, at, everything) {
    let node = this.#nodes.get(id);
    const isNew = node === undefined;
    if (isNew) {
      node = this.#spare.pop() ?? this.#made();
      this.#nodes.set(id, node);
      node.item.dataset.id = id;
      this.#on.bind(node, id);
    }
    if (node.at !== at) {
      node.at = at;
      node.item.style.transform = `translateY(${at * this.height}px)`;
      node.item.setAttribute("aria-posinset", at + 1);
    }
    if (node.size !== this.#ids.length) {
      node.size = this.#ids.length;
      node.item.setAttribute("aria-setsize", node.size);
    }
    if (isNew || everything) this.#on.paint(node, id);
  }

  /* Readers and the Tab key go by the order of elements; one that moves from one end to the other is one move. */
  #sort() {
    let place = this.#list.firstElementChild;
    for (let at = this.#first; at <= this.#last; at += 1) {
      const { item } = this.#nodes.get(this.#ids[at]);
      if (place === item) place = item.nextElementSibling;
      else this.#list.insertBefore(item, place);
    }
  }

  #made() {
    const node = this.#on.make();
    node.at = -1;
    return node;
  }
}
