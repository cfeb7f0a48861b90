/* attention.js: what calls somebody back to this tab: the title's count, a soft sound, a desktop notification.
 *   new Attention(desk, { preferences, onOpen(id) });
 * It concerns this agent: words from their visitors, a conversation given to them, and, for the sound alone, a visitor waiting. */

import { t } from "../shared/i18n.js";
import { armSound, chime } from "../shared/sound.js";
import { preview, say, visitorName } from "./describe.js";

const LONGEST = 120;

export class Attention {
  #desk;
  #preferences;
  #on;
  #pending = false;
  #shown = new Map();

  constructor(desk, { preferences, ...on }) {
    this.#desk = desk;
    this.#preferences = preferences;
    this.#on = on;
    armSound();
    desk.on("rows", () => this.#later());
    desk.on("arrived", (entry, row) => this.#arrived(entry, row));
    desk.on("frame:message", (entry) => this.#event(entry));
    addEventListener("focus", () => this.#dismiss());
    this.#title();
  }

  #arrived(entry, row) {
    if (!row) return;
    const mine = row.agent?.id === this.#desk.self.id;
    if (!mine && row.status !== "queued") return;
    if (mine && this.#desk.isReading() && row.unread === 0) return;
    this.#ring();
    if (mine) this.#notify(row.id, visitorName(row), preview({ last_text: entry.kind === "text" ? entry.text : `[${entry.kind}]` }));
  }

  /* Given to me, by routing or by a colleague. */
  #event(entry) {
    if (entry.kind !== "event" || !["assigned", "transferred", "invited"].includes(entry.event?.name)) return;
    const { agent } = entry.event.data ?? {};
    if (agent?.id !== this.#desk.self.id || entry.sender?.id === this.#desk.self.id) return;
    this.#ring();
    const row = this.#desk.rows.get(entry.conversation);
    this.#notify(entry.conversation, row ? visitorName(row) : t("visitor"), say(`notify.${entry.event.name}`));
  }

  #ring() {
    if (this.#preferences.get("sound", true)) chime();
  }

  #notify(id, name, text) {
    if (!this.#preferences.get("notifications", false) || !("Notification" in window) || Notification.permission !== "granted") return;
    if (document.visibilityState === "visible" && document.hasFocus()) return;
    try {
      const shown = new Notification(name, { body: text.slice(0, LONGEST), tag: `kefu:${id}`, silent: true });
      shown.onclick = () => {
        window.focus();
        this.#on.onOpen(id);
        shown.close();
      };
      this.#shown.set(id, shown);
    } catch {
      /* some phones know the name and not the thing */
    }
  }

  #dismiss() {
    for (const shown of this.#shown.values()) shown.close();
    this.#shown.clear();
  }

  #later() {
    if (this.#pending) return;
    this.#pending = true;
    /* Not requestAnimationFrame: it rests in a hidden tab, and that is where the title is read. */
    setTimeout(() => {
      this.#pending = false;
      this.#title();
    }, 100);
  }

  #title() {
    const { unread, waiting } = this.#desk.rows.counts();
    const count = unread + waiting;
    const title = `${count > 0 ? `(${count > 99 ? "99+" : count}) ` : ""}${t("title")} · kefu`;
    if (document.title !== title) document.title = title;
  }
}
