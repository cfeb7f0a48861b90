/* session.js: who the visitor is to the server: the long-lived visitor_token on disk, the ten-minute session token in memory.
 *   const s = new Session({ site, channel, store, page, onSession(answer, { sameVisitor, sameConversation }), onError(code) });
 *   await s.get({ refused }) -> { token, expires_at }; a live token is given again unless it was refused
 *   s.identify(user | null)   s.describe(attributes)   s.expire()   s.reset()   each makes the next get() start a new session
 *   s.known: true when this browser has been here before */

import { createApi } from "../shared/api.js";
import { expiryMs } from "../shared/connection.js";

const SPARE_MS = 60_000;

export class Session {
  answer = null;
  locale = null;
  #options;
  #token = null;
  #user = null;
  #attributes = {};
  #running = null;
  #version = 0;
  #resets = 0;
  #plain = createApi({ credentials: "omit" });

  constructor(options) {
    this.#options = options;
  }

  get known() {
    return this.#options.store.get("visitor_token") !== null;
  }

  /* What the page says about its user, for filling in forms. */
  get claimed() {
    const { name = "", email = "", phone = "" } = this.#user ?? {};
    return { name, email, phone };
  }

  get token() {
    return this.#token?.token ?? null;
  }

  renewed(token) {
    this.#token = token;
  }

  identify(user) {
    this.#user = user;
    this.expire();
  }

  /* The next get() starts anew: the server has something newer for us. */
  expire() {
    this.#token = null;
    this.#version += 1;
  }

  describe(attributes) {
    Object.assign(this.#attributes, attributes);
    this.expire();
  }

  reset() {
    this.#options.store.remove("visitor_token");
    this.#user = null;
    this.#attributes = {};
    this.answer = null;
    this.#resets += 1;
    this.expire();
  }

  async get({ refused = false } = {}) {
    if (refused) this.#token = null;
    /* One call at a time: two at once would make two visitors of a new one. */
    while (this.#running) await this.#running.catch(() => {});
    if (this.#token && expiryMs(this.#token.expires_at) - Date.now() > SPARE_MS) return this.#token;
    this.#running = this.#start().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  #body() {
    const { user_hash: hash = null, attributes, ...user } = this.#user ?? {};
    const described = { ...attributes, ...this.#attributes };
    const said = { ...user, ...(Object.keys(described).length > 0 ? { attributes: described } : {}) };
    const visitorToken = this.#options.store.get("visitor_token");
    return {
      site: this.#options.site,
      ...(visitorToken === null ? {} : { visitor_token: visitorToken }),
      ...(Object.keys(said).length > 0 ? { user: said } : {}),
      ...(hash === null ? {} : { user_hash: hash }),
      ...(this.locale === null ? {} : { locale: this.locale }),
      channel: this.#options.channel,
      page: this.#options.page(),
    };
  }

  async #start() {
    const version = this.#version;
    const resets = this.#resets;
    let answer;
    try {
      answer = await this.#plain.post("visitor/sessions/", this.#body());
    } catch (error) {
      if (error.code === "bad_user_hash" && this.#user !== null) {
        /* A page that signs wrongly gets an anonymous chat rather than none, and is told. */
        this.#options.onError(error.code);
        this.#user = null;
        return this.#start();
      }
      this.#options.onError(error.code);
      if (error.status === 403 || error.status === 404) error.final = true;
      throw error;
    }
    if (resets === this.#resets) this.#options.store.set("visitor_token", answer.visitor_token);
    if (version !== this.#version) return this.#start();
    const before = this.answer;
    this.answer = answer;
    this.#token = { token: answer.token, expires_at: answer.expires_at };
    this.#options.onSession(answer, {
      sameVisitor: before === null || before.visitor.id === answer.visitor.id,
      sameConversation: before !== null && before.conversation.id === answer.conversation.id,
    });
    return this.#token;
  }
}
