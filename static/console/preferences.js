/* preferences.js: an agent's own settings, kept at the server so that they follow to another machine.
 *   const preferences = new Preferences(desk);   await preferences.load()
 *   preferences.get(name, fallback)   preferences.set(name, value)   emits desk "preferences" (name | null)
 *   preferences.enterSends()   preferences.setEnterSends(bool)
 * What this browser knew last serves until the server has answered, and when it does not. */

const KEY = "preferences";

export class Preferences {
  #desk;
  #values;

  constructor(desk) {
    this.#desk = desk;
    this.#values = desk.store.get(KEY, {});
  }

  async load() {
    try {
      this.#keep(await this.#desk.api.get("agents/me/preferences/"), null);
    } catch (error) {
      if (!error?.code) throw error;
    }
  }

  get(name, fallback = null) {
    return this.#values[name] ?? fallback;
  }

  async set(name, value) {
    this.#keep({ ...this.#values, [name]: value }, name);
    try {
      await this.#desk.api.patch("agents/me/preferences/", { [name]: value });
    } catch (error) {
      if (!error?.code) throw error;
    }
  }

  #keep(values, name) {
    this.#values = values;
    this.#desk.store.set(KEY, values);
    this.#desk.emit("preferences", name);
  }

  enterSends() {
    return this.get("enter_sends", true);
  }

  setEnterSends(value) {
    this.set("enter_sends", value);
  }
}
