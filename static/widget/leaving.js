/* leaving.js: brings a left message to the server, however long that takes: it is kept on disk until the server has it, and
 * every repeat carries the same client_msg_id.
 *   const l = new Leaving({ api, session, store, onChange(), onSent(message, answer) })
 *   l.send({ name, email, phone, text })   l.waiting -> message | null   l.problem -> { fields } | null   l.discard() */

import { newId } from "../shared/outbox.js";
import { backoff } from "../shared/reconnect.js";

const KEY = "leaving";

export class Leaving {
  problem = null;
  #options;
  #timer = null;
  #tries = 0;
  #busy = false;

  constructor(options) {
    this.#options = options;
    addEventListener("online", () => this.#now());
    if (this.waiting) this.#now();
  }

  get waiting() {
    return this.#options.store.get(KEY);
  }

  send(message) {
    this.problem = null;
    this.#options.store.set(KEY, { ...message, client_msg_id: newId(), created_at: Date.now() });
    this.#now();
  }

  discard() {
    clearTimeout(this.#timer);
    this.#options.store.remove(KEY);
    this.#tries = 0;
  }

  #now() {
    clearTimeout(this.#timer);
    this.#deliver();
  }

  async #deliver() {
    const message = this.waiting;
    if (message === null || this.#busy) return;
    this.#busy = true;
    const { api, session, onChange, onSent } = this.#options;
    const { created_at, ...form } = message;
    try {
      await session.get();
      const answer = await api.post("visitor/leave-message/", form);
      this.discard();
      onSent({ ...message, created_at }, answer);
    } catch (error) {
      if (error.status === 401) session.expire();
      if (error.retryable || error.status === 401) this.#again(error);
      else {
        this.discard();
        this.problem = { message, fields: Object.keys(error.details?.fields ?? {}) };
      }
    } finally {
      this.#busy = false;
      onChange();
    }
  }

  #again(error) {
    this.#tries += 1;
    this.#timer = setTimeout(() => this.#deliver(), Math.max((error.retryAfter ?? 0) * 1000, backoff(this.#tries)));
  }
}
