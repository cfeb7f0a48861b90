/* Pure rules of coming back: how long to wait, and from where to resume. API: docs/frontend.md. */

export const FIRST_MS = 500;
export const LAST_MS = 30_000;

/* A hello with more is refused for good; whoever follows so many subscribes to the others again. */
const MAX_RESUMED = 500;

export function backoff(attempt, random = Math.random) {
  const ceiling = Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(ceiling * (0.5 + 0.5 * random()));
}

export function restartDelay(random = Math.random) {
  return Math.round(200 + 1000 * random());
}

/* How far each conversation has been seen without a hole. */
export class Positions {
  #at = new Map();
  #ahead = new Map();

  set(conversation, seq) {
    if (seq <= (this.#at.get(conversation) ?? -1)) return;
    this.#at.set(conversation, seq);
    this.#absorb(conversation);
  }

  see(conversation, seq) {
    const at = this.#at.get(conversation);
    if (at === undefined) {
      this.#at.set(conversation, seq);
      return "new";
    }
    const ahead = this.#ahead.get(conversation);
    if (seq <= at || ahead?.has(seq)) return "old";
    if (seq === at + 1) {
      this.#at.set(conversation, seq);
      this.#absorb(conversation);
      return "new";
    }
    if (ahead) ahead.add(seq);
    else this.#ahead.set(conversation, new Set([seq]));
    return "ahead";
  }

  #absorb(conversation) {
    const ahead = this.#ahead.get(conversation);
    if (!ahead) return;
    let at = this.#at.get(conversation);
    while (ahead.delete(at + 1)) at += 1;
    for (const seq of ahead) if (seq <= at) ahead.delete(seq);
    this.#at.set(conversation, at);
    if (ahead.size === 0) this.#ahead.delete(conversation);
  }

  gap(conversation) {
    return this.#ahead.has(conversation);
  }

  at(conversation) {
    return this.#at.get(conversation) ?? 0;
  }

  has(conversation) {
    return this.#at.has(conversation);
  }

  drop(conversation) {
    this.#at.delete(conversation);
    this.#ahead.delete(conversation);
  }

  resume() {
    return Object.fromEntries([...this.#at].slice(-MAX_RESUMED));
  }
}
