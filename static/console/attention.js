/* attention.js: the tab's title counts what is unread, and a soft sound says that somebody wrote.
 *   new Attention(desk)   the switch #sound in the menu turns the sound off */

import { t } from "../shared/i18n.js";
import { armSound, chime } from "../shared/sound.js";
import { toast } from "./toast.js";

export class Attention {
  #desk;
  #sound = document.getElementById("sound");

  constructor(desk) {
    this.#desk = desk;
    armSound();
    this.#sound.checked = desk.store.get("sound", true);
    this.#sound.addEventListener("change", () => {
      desk.store.set("sound", this.#sound.checked);
      toast(t(this.#sound.checked ? "toast.sound_on" : "toast.sound_off"));
      if (this.#sound.checked) chime();
    });
    desk.on("rows", () => this.#later());
    desk.on("arrived", (entry, row) => this.#arrived(row));
    this.#title();
  }

  #arrived(row) {
    if (!row || !this.#sound.checked) return;
    const concerns = row.agent?.id === this.#desk.self.id || row.status === "queued";
    if (concerns && !(this.#desk.isReading() && row.unread === 0)) chime();
  }

  #pending = false;
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
