/* labels.js: the conversation's labels: chips, and a picker that keeps each choice at once.
 *   const labels = new Labels(desk);   labels.node   labels.draw(row)   labels.pick() */

import { el, icon } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { failure } from "../describe.js";
import { labelChip } from "../row.js";
import { toast } from "../toast.js";
import { Panel, quiet } from "./panel.js";

export class Labels {
  #desk;
  #panel;
  #row = null;
  #known = [];
  #search = "";
  #list = el("div.label-list", { role: "group" });
  #box = el("div.menu.floating.label-box", { role: "dialog", ariaLabel: t("context.labels") });

  constructor(desk) {
    this.#desk = desk;
    this.#panel = new Panel(desk, "labels");
    this.node = this.#panel.node;
    this.#box.popover = "auto";
    const search = el("input.input", { type: "search", placeholder: t("labels.search"), ariaLabel: t("labels.search"), oninput: () => this.#find(search.value), onkeydown: (event) => this.#key(event) });
    this.#box.append(search, this.#list);
    this.#box.addEventListener("toggle", (event) => event.newState === "closed" && this.node.querySelector("[data-key=add]")?.focus({ preventScroll: true }));
    document.body.append(this.#box);
    desk.on("people", () => this.#row && this.draw(this.#row));
  }

  draw(row) {
    if (row.id !== this.#row?.id && this.#box.matches(":popover-open")) this.#box.hidePopover();
    this.#row = row;
    const labels = (row.labels ?? []).map((label) => ({ ...label, ...this.#desk.people.label(label.id) }));
    this.#panel.show(labels, () => [
      el(
        "div.label-row",
        {},
        ...labels.map((label) => el("span.label-held", {}, labelChip(label), el("button.icon-button.small", { type: "button", ariaLabel: t("labels.remove", { name: label.name }), title: t("labels.remove", { name: label.name }), onclick: () => this.#set(label.id, false) }, icon("x")))),
        el("button.add-button", { type: "button", data: { key: "add" }, ariaHasPopup: "dialog", onclick: () => this.pick() }, icon("plus"), t("labels.add")),
      ),
    ]);
    if (this.#box.matches(":popover-open")) this.#drawList();
  }

  async pick() {
    this.node.open = true;
    try {
      this.#known = (await this.#desk.api.get("labels/", { site: this.#row.site, limit: 100 })).data;
    } catch (error) {
      if (!error?.code) throw error;
      toast(failure(error), { kind: "failed" });
      return;
    }
    const anchor = this.node.querySelector("[data-key=add]").getBoundingClientRect();
    this.#box.querySelector("input").value = this.#search = "";
    this.#drawList();
    this.#box.showPopover();
    this.#box.style.inset = "auto";
    this.#box.style.top = `${Math.max(8, Math.min(anchor.bottom + 4, innerHeight - this.#box.offsetHeight - 8))}px`;
    this.#box.style.left = `${Math.max(8, Math.min(anchor.left, innerWidth - this.#box.offsetWidth - 8))}px`;
    this.#box.querySelector("input").focus();
  }

  #find(words) {
    this.#search = words.trim().toLowerCase();
    this.#drawList();
  }

  #drawList() {
    const held = new Set((this.#row.labels ?? []).map((label) => label.id));
    const found = this.#known.filter((label) => label.name.toLowerCase().includes(this.#search));
    const checked = document.activeElement?.closest?.(".label-choice")?.dataset.id;
    this.#list.replaceChildren(
      ...found.map((label) => el("label.label-choice", { data: { id: label.id } }, el("input", { type: "checkbox", checked: held.has(label.id), onchange: (event) => this.#set(label.id, event.target.checked) }), labelChip(label))),
      ...(found.length === 0 ? [quiet(t(this.#known.length === 0 ? "labels.none" : "labels.not_found"))] : []),
    );
    if (checked) this.#list.querySelector(`[data-id="${checked}"] input`)?.focus();
  }

  #key(event) {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    this.#list.querySelector("input")?.focus();
  }

  /* Shown at once; taken back when the server says no. */
  async #set(id, on) {
    const row = this.#row;
    const before = row.labels ?? [];
    const label = this.#known.find((one) => one.id === id) ?? { id };
    const after = on ? [...before, label] : before.filter((one) => one.id !== id);
    this.#desk.rows.patch(row.id, { labels: after });
    try {
      await this.#desk.acts.labels(row.id, after.map((one) => one.id));
    } catch (error) {
      if (!error?.code) throw error;
      this.#desk.rows.patch(row.id, { labels: before });
      toast(failure(error), { kind: "failed" });
    }
  }
}
