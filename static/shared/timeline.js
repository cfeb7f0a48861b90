/* The entries of one conversation as a person sees them; no DOM. API: docs/frontend.md. */

const PAGE = 30;

export class Timeline {
  hasOlder = false;
  onChange = null;
  #options;
  #bySeq = new Map();
  #sorted = null;
  #partials = new Map();
  #recalled = new Set();
  #delivered = 0;
  #read = 0;
  #loading = null;

  constructor(options) {
    this.#options = options;
  }

  get lastSeq() {
    return this.#bySeq.size === 0 ? 0 : Math.max(...this.#bySeq.keys());
  }

  get firstSeq() {
    return this.#bySeq.size === 0 ? 0 : Math.min(...this.#bySeq.keys());
  }

  apply(entry) {
    const outcome = this.#take(entry);
    if (outcome !== "ignored") this.onChange?.(entry.seq);
    return outcome;
  }

  #take(entry) {
    if (entry.conversation !== this.#options.conversation || !Number.isInteger(entry.seq)) return "ignored";
    const known = this.#bySeq.get(entry.seq);
    /* Hidden wins: what was recalled never comes back from a page read before the recall. */
    if (known && known.kind === "hidden") return "ignored";
    const shown = this.#recalled.has(entry.seq) ? { conversation: entry.conversation, id: entry.id, seq: entry.seq, kind: "hidden" } : entry;
    this.#bySeq.set(entry.seq, shown);
    this.#sorted = null;
    if (entry.client_msg_id) this.#partials.delete(entry.client_msg_id);
    if (entry.kind === "event" && entry.event?.name === "recalled") this.#recall(entry.event.data ?? {});
    if (this.#fromOther(entry)) this.#answered(entry);
    return known ? "updated" : "added";
  }

  #recall(data) {
    const seq = data.seq ?? [...this.#bySeq.values()].find((entry) => entry.id === (data.message ?? data.id))?.seq;
    if (!Number.isInteger(seq)) return;
    this.#recalled.add(seq);
    const known = this.#bySeq.get(seq);
    if (known) this.#bySeq.set(seq, { conversation: known.conversation, id: known.id, seq, kind: "hidden" });
  }

  #fromOther(entry) {
    const kind = entry.sender?.kind;
    return this.#options.self === "visitor" ? kind === "agent" || kind === "bot" : kind === "visitor";
  }

  /* Whoever answers, a bot too, has read what stands above; receipts are best effort, this is not. */
  #answered(entry) {
    if (entry.kind !== "event") this.receipt({ delivered: entry.seq, read: entry.seq, sender: entry.sender });
  }

  entries() {
    this.#sorted ??= [...this.#bySeq.values()].filter((entry) => this.#options.showHidden || entry.kind !== "hidden").sort((a, b) => a.seq - b.seq);
    return this.#sorted;
  }

  get(seq) {
    return this.#bySeq.get(seq) ?? null;
  }

  last() {
    return this.entries().at(-1) ?? null;
  }

  partial({ stream, text }) {
    this.#partials.set(stream, text);
    this.onChange?.(null);
  }

  partials() {
    return [...this.#partials].map(([stream, text]) => ({ stream, text }));
  }

  receipt({ delivered = 0, read = 0, sender }) {
    if (sender && !this.#fromOther({ sender })) return;
    const before = this.#delivered + this.#read;
    this.#read = Math.max(this.#read, read ?? 0);
    this.#delivered = Math.max(this.#delivered, delivered ?? 0, this.#read);
    if (this.#delivered + this.#read !== before) this.onChange?.(null);
  }

  stateOf(entry) {
    if (entry.seq <= this.#read) return "read";
    return entry.seq <= this.#delivered ? "delivered" : "sent";
  }

  async loadLatest() {
    const page = await this.#options.fetchPage({ before_seq: null, after_seq: null, limit: PAGE });
    return this.#takePage(page);
  }

  /* Too much was missed: begin anew at the end, for a hole in the middle would never be filled. */
  async restart() {
    const page = await this.#options.fetchPage({ before_seq: null, after_seq: null, limit: PAGE });
    const newest = page.data.at(-1)?.seq ?? 0;
    for (const seq of [...this.#bySeq.keys()]) if (seq <= newest) this.#bySeq.delete(seq);
    return this.#takePage(page);
  }

  async loadOlder() {
    if (!this.hasOlder) return 0;
    this.#loading ??= this.#options.fetchPage({ before_seq: this.firstSeq, after_seq: null, limit: PAGE }).finally(() => {
      this.#loading = null;
    });
    return this.#takePage(await this.#loading);
  }

  async loadAfter(seq, limit = 200) {
    const page = await this.#options.fetchPage({ before_seq: null, after_seq: seq, limit });
    return page.data;
  }

  /* Whether there is more above is read off the sequence itself: it starts at 1 and has no gap. */
  #takePage({ data }) {
    const before = this.#bySeq.size;
    this.#sorted = null;
    for (const entry of data) this.#take(entry);
    this.hasOlder = data.length > 0 && this.firstSeq > 1;
    this.onChange?.(null);
    return this.#bySeq.size - before;
  }
}
