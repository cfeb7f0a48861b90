/* reception.js: whether somebody is there, as of now. The session says it first; while the chat is looked at and nobody
 * answers yet, it is asked again every minute, and when the office opens.
 *   const r = new Reception({ api, session, wanted() -> bool, onAnswer({ site, conversation }) })   r.heard(opens_at)   r.look() */

const EVERY_MS = 60_000;
const LEAST_MS = 5_000;

export class Reception {
  #options;
  #timer = null;
  #opens = null;
  #at = 0;

  constructor(options) {
    this.#options = options;
  }

  heard(opensAt) {
    this.#opens = opensAt;
    this.#at = Date.now();
    this.#arm();
  }

  /* Somebody looks again: what is older than a moment is asked anew. */
  look() {
    if (this.#at > 0 && Date.now() - this.#at > LEAST_MS) this.#ask();
  }

  #arm() {
    clearTimeout(this.#timer);
    const opens = this.#opens === null ? Infinity : Math.max(this.#opens - Date.now(), 0) + 1_000;
    /* Not all at the same second, when an office with a thousand waiting opens. */
    this.#timer = setTimeout(() => this.#ask(), Math.min(opens, EVERY_MS) * (1 + Math.random() / 4));
  }

  async #ask() {
    const { api, session, wanted, onAnswer } = this.#options;
    clearTimeout(this.#timer);
    if (wanted()) {
      try {
        await session.get();
        const answer = await api.get("visitor/reception/");
        this.heard(answer.site.opens_at);
        onAnswer(answer);
        return;
      } catch {
        /* the next time is soon enough */
      }
    }
    this.#arm();
  }
}
