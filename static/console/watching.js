/* watching.js: collision: who else has a conversation open or writes in it.
 *   const watching = new Watching(desk);   watching.open(id | null)   tells the server what this page looks at
 *   watching.writers(id) -> names of colleagues who are writing there     emits desk "writers" (id)
 * Said again after every reconnect, and taken back while the page is hidden: a tab in the background looks at nothing. */

const SHOWN_MS = 6_000;

export class Watching {
  #desk;
  #id = null;
  #told = null;
  #writing = new Map();

  constructor(desk) {
    this.#desk = desk;
    desk.on("link", ({ name }) => {
      if (name !== "open") this.#told = null;
      else this.#tell();
    });
    desk.on("frame:typing", (payload) => this.#typing(payload));
    document.addEventListener("visibilitychange", () => this.#tell());
  }

  open(id) {
    this.#id = id;
    this.#tell();
  }

  #tell() {
    const wanted = document.visibilityState === "visible" ? this.#id : null;
    if (wanted === this.#told) return;
    if (this.#told !== null) this.#say(this.#told, false);
    this.#told = wanted !== null && this.#say(wanted, true) ? wanted : null;
  }

  #say(conversation, on) {
    return this.#desk.connection.send("viewing", { conversation, on });
  }

  #typing({ conversation: id, on, sender }) {
    if (sender?.kind !== "agent" || sender.id === this.#desk.self.id) return;
    const key = `${id} ${sender.id}`;
    clearTimeout(this.#writing.get(key)?.timer);
    this.#writing.delete(key);
    if (on) {
      const name = sender.name ?? this.#desk.people.agents.get(sender.id)?.name ?? "";
      const timer = setTimeout(() => this.#writing.delete(key) && this.#desk.emit("writers", id), SHOWN_MS);
      this.#writing.set(key, { id, name, timer });
    }
    this.#desk.emit("writers", id);
  }

  writers(id) {
    return [...this.#writing.values()].filter((one) => one.id === id && one.name).map((one) => one.name);
  }
}
