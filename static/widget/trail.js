/* trail.js: tells the server which pages the visitor looks at. Only for those who have a session already; not more than one
 * page every two seconds, and the newest twenty of what could not be sent.
 *   const trail = new Trail({ api, session, known() -> bool })   trail.add({ url, title, referrer }) */

const EVERY_MS = 2_000;
const KEPT = 20;

export class Trail {
  #options;
  #waiting = [];
  #last = null;
  #timer = null;

  constructor(options) {
    this.#options = options;
  }

  add({ url, title = "", referrer = "" }) {
    if (!url || url === this.#last) return;
    this.#last = url;
    this.#waiting.push({ url: url.slice(0, 2000), title: title.slice(0, 300), referrer: referrer.slice(0, 2000) });
    this.#waiting.splice(0, this.#waiting.length - KEPT);
    this.#timer ??= setTimeout(() => this.#send(), 0);
  }

  async #send() {
    const page = this.#waiting[0];
    let wait = EVERY_MS;
    if (page && this.#options.known()) {
      try {
        await this.#options.session.get();
        await this.#options.api.post("visitor/pages/", page);
        this.#waiting.shift();
      } catch (error) {
        if (error.retryable) wait = Math.max((error.retryAfter ?? 0) * 1000, 15_000);
        else this.#waiting.shift();
      }
    }
    this.#timer = this.#waiting.length > 0 ? setTimeout(() => this.#send(), wait) : null;
  }
}
