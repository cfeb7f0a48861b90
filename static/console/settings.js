/* settings.js: the menu's switches: appearance, sound, desktop notifications, density; kept with the agent's preferences.
 *   new Settings(desk, preferences, { status })      answers desk "set" (name, value) from the palette, too */

import { t } from "../shared/i18n.js";
import { chime } from "../shared/sound.js";
import { toast } from "./toast.js";

const THEMES = { system: "auto", auto: "auto", light: "light", dark: "dark" };

export class Settings {
  #desk;
  #kept;
  #themes = [...document.querySelectorAll("[data-theme-choice]")];
  #densities = [...document.querySelectorAll("[data-density-choice]")];
  #sound = document.getElementById("sound");
  #suggest = document.getElementById("suggest-replies");
  #notify = document.getElementById("notify");
  #notifyHint = document.getElementById("notify-hint");

  constructor(desk, preferences, { status }) {
    this.#desk = desk;
    this.#kept = preferences;
    for (const choice of this.#themes) choice.addEventListener("click", () => this.#theme(choice.dataset.themeChoice));
    for (const choice of this.#densities) choice.addEventListener("click", () => this.#kept.set("density", choice.dataset.densityChoice));
    this.#sound.addEventListener("change", () => this.#setSound(this.#sound.checked));
    this.#notify.addEventListener("change", () => this.#setNotify(this.#notify.checked));
    this.#suggest?.addEventListener("change", () => this.#kept.set("suggest_replies", this.#suggest.checked));
    desk.on("preferences", () => this.draw());
    desk.on("set", (name, value) => {
      if (name === "status") status.say(value);
      if (name === "theme") this.#theme(value);
      if (name === "sound") this.#setSound(!this.#sound.checked);
      if (name === "density") this.#kept.set("density", this.#kept.get("density") === "compact" ? "comfortable" : "compact");
      if (name === "language") document.querySelector(`#menu .language button[value="${value}"]`)?.click();
    });
    this.draw();
  }

  draw() {
    const theme = THEMES[this.#kept.get("theme", "auto")] ?? "auto";
    /* theme.js reads this before the first paint. */
    this.#desk.store.set("theme", theme === "auto" ? "system" : theme);
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    for (const choice of this.#themes) choice.setAttribute("aria-pressed", String(THEMES[choice.dataset.themeChoice] === theme));
    const density = this.#kept.get("density", "comfortable");
    const changed = document.body.dataset.density !== density;
    document.body.dataset.density = density;
    for (const choice of this.#densities) choice.setAttribute("aria-pressed", String(choice.dataset.densityChoice === density));
    this.#sound.checked = this.#kept.get("sound", true);
    if (this.#suggest) this.#suggest.checked = this.#kept.get("suggest_replies", true);
    const able = "Notification" in window;
    this.#notify.checked = able && Notification.permission === "granted" && this.#kept.get("notifications", false);
    this.#notify.disabled = !able || Notification.permission === "denied";
    this.#notifyHint.hidden = !able || Notification.permission !== "denied";
    if (changed) this.#desk.emit("density");
  }

  #theme(choice) {
    this.#kept.set("theme", THEMES[choice] ?? "auto");
  }

  #setSound(on) {
    this.#kept.set("sound", on);
    toast(t(on ? "toast.sound_on" : "toast.sound_off"));
    if (on) chime();
  }

  /* The browser is asked only here, by a switch somebody pressed. */
  async #setNotify(on) {
    const allowed = on && "Notification" in window && (Notification.permission === "granted" || (await Notification.requestPermission()) === "granted");
    this.#kept.set("notifications", allowed);
    if (on && !allowed) toast(t("notify.refused"), { kind: "failed" });
    this.draw();
  }
}
