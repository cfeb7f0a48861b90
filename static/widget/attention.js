/* attention.js: unread count, sound and title; what has been read is told to the other side.
 *   const a = new Attention({ store, host, send(payload), isOpen() });
 *   a.arrived(entry)   a.seen(conversation, seq)   a.start(conversation, unread)   a.muted = bool */

const SILENT = { armSound() {}, chime() {} };
const sound = () => import("../shared/sound.js").catch(() => SILENT);
const RECEIPT_MS = 300;

export class Attention {
  unread = 0;
  #options;
  #told = { delivered: 0, read: 0 };
  #conversation = null;
  #wanted = { delivered: 0, read: 0 };
  #timer = null;
  #title = document.title;

  constructor(options) {
    this.#options = options;
    const arm = () => sound().then(({ armSound }) => armSound());
    for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, arm, { once: true });
  }

  get muted() {
    return this.#options.store.get("muted", false);
  }

  set muted(on) {
    this.#options.store.set("muted", on);
  }

  get watched() {
    return this.#options.isOpen() && document.visibilityState === "visible";
  }

  start(conversation, unread) {
    if (conversation !== this.#conversation) {
      this.#conversation = conversation;
      this.#told = { delivered: 0, read: 0 };
      this.#wanted = { delivered: 0, read: 0 };
    }
    this.#count(this.watched ? 0 : unread);
  }

  arrived(entry, atEnd) {
    this.#receipt({ delivered: entry.seq });
    if (this.watched && atEnd) return;
    if (!this.watched) this.#count(this.unread + 1);
    if (!this.muted) sound().then(({ chime }) => chime());
  }

  seen(seq) {
    if (!this.watched || seq === 0) return;
    this.#count(0);
    this.#receipt({ delivered: seq, read: seq });
  }

  /* A new connection knows nothing of what was told before. */
  reconnected() {
    this.#told = { delivered: 0, read: 0 };
    this.#receipt({});
  }

  #receipt({ delivered = 0, read = 0 }) {
    this.#wanted.delivered = Math.max(this.#wanted.delivered, delivered, read);
    this.#wanted.read = Math.max(this.#wanted.read, read);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const { delivered: d, read: r } = this.#wanted;
      if (d <= this.#told.delivered && r <= this.#told.read) return;
      const payload = { conversation: this.#conversation, delivered: d, ...(r > 0 ? { read: r } : {}) };
      if (this.#options.send(payload)) this.#told = { delivered: d, read: r };
    }, RECEIPT_MS);
  }

  #count(number) {
    if (number === this.unread) return;
    this.unread = number;
    document.title = number > 0 ? `(${number}) ${this.#title}` : this.#title;
    this.#options.host.post("unread", { count: number });
  }
}
