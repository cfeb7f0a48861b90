/* signals.js: the small words between people that are no entries of the log: how far each has read, and who is typing.
 *   const signals = new Signals({ connection, selfId, onTyping(id) });
 *   signals.queue(id, { delivered, read? })   told a moment later, several at once     signals.read(id) -> seq told as read
 *   signals.typing(id, on)   that I write     signals.heard(payload)   a `typing` frame     signals.wrote(id)   their words came
 *   signals.typist(id) -> { preview } | null     signals.forget()   the line is down: nobody is known to write */

const TYPING_SHOWN_MS = 6_000;
const TYPING_AGAIN_MS = 3_000;
const RECEIPT_MS = 250;

export class Signals {
  #connection;
  #selfId;
  #onTyping;
  #typists = new Map();
  #typed = { id: null, at: 0 };
  #receipts = new Map();
  #timer = null;

  constructor({ connection, selfId, onTyping }) {
    this.#connection = connection;
    this.#selfId = selfId;
    this.#onTyping = onTyping;
  }

  queue(id, { delivered, read }) {
    const before = this.#receipts.get(id) ?? { delivered: 0, read: 0, sent: "" };
    this.#receipts.set(id, { ...before, delivered: Math.max(before.delivered, delivered), read: Math.max(before.read, read ?? 0) });
    this.#timer ??= setTimeout(() => this.#send(), RECEIPT_MS);
  }

  read(id) {
    return this.#receipts.get(id)?.read ?? 0;
  }

  #send() {
    this.#timer = null;
    for (const [id, receipt] of this.#receipts) {
      const sign = `${receipt.delivered} ${receipt.read}`;
      if (sign === receipt.sent) continue;
      const payload = { conversation: id, delivered: receipt.delivered, ...(receipt.read > 0 ? { read: receipt.read } : {}) };
      if (this.#connection.send("receipt", payload)) receipt.sent = sign;
    }
  }

  typing(id, on) {
    const now = Date.now();
    if (on && this.#typed.id === id && now - this.#typed.at < TYPING_AGAIN_MS) return;
    if (!on && this.#typed.id !== id) return;
    this.#typed = on ? { id, at: now } : { id: null, at: 0 };
    this.#connection.send("typing", { conversation: id, on });
  }

  heard({ conversation: id, on, preview, sender }) {
    if (sender?.kind === "agent" && sender.id === this.#selfId) return;
    if (sender?.kind !== "visitor") return;
    clearTimeout(this.#typists.get(id)?.timer);
    if (on) {
      const timer = setTimeout(() => this.wrote(id), TYPING_SHOWN_MS);
      this.#typists.set(id, { preview: preview ?? null, timer });
    } else {
      this.#typists.delete(id);
    }
    this.#onTyping(id);
  }

  wrote(id) {
    if (this.#typists.delete(id)) this.#onTyping(id);
  }

  typist(id) {
    return this.#typists.get(id) ?? null;
  }

  forget() {
    this.#typists.clear();
  }
}
