/* context.js: what is known about the visitor beside the thread.
 *   const context = new Context(desk, { onOpen(id) });   context.open(id) */

import { el, fill, icon } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { ago, stamp } from "../shared/time.js";
import { initial, preview, visitorName } from "./describe.js";
import { toast } from "./toast.js";

const EARLIER = 10;

export class Context {
  #desk;
  #on;
  #id = null;
  #visitor = null;
  #earlier = null;
  #sign = "";
  #root = document.getElementById("context");

  constructor(desk, on) {
    this.#desk = desk;
    this.#on = on;
    desk.on("rows", (id) => id === this.#id && this.#draw());
  }

  async open(id) {
    this.#id = id;
    this.#visitor = null;
    this.#earlier = null;
    this.#sign = "";
    this.#draw();
    if (id !== null) await this.load();
  }

  async load() {
    const id = this.#id;
    const row = this.#desk.rows.get(id) ?? (await this.#desk.lists.one(id));
    if (!row || id !== this.#id) return;
    const [visitor, earlier] = await Promise.allSettled([
      this.#desk.api.get(`visitors/${row.visitor.id}/`),
      this.#desk.api.get("conversations/", { visitor: row.visitor.id, limit: EARLIER + 1 }),
    ]);
    if (id !== this.#id) return;
    this.#visitor = visitor.value ?? null;
    this.#earlier = (earlier.value?.data ?? []).filter((other) => other.id !== id).slice(0, EARLIER);
    this.#draw();
  }

  #draw() {
    const row = this.#desk.rows.get(this.#id);
    if (!row) {
      this.#root.replaceChildren();
      this.#sign = "";
      return;
    }
    const visitor = { ...row.visitor, ...this.#visitor };
    const sign = JSON.stringify([row.status, row.rating, row.agent, visitor, this.#earlier]);
    if (sign === this.#sign) return;
    this.#sign = sign;
    const ready = this.#visitor !== null;
    fill(
      this.#root,
      this.#card(row, visitor),
      section(t("context.contact"), this.#contact(visitor)),
      section(t("context.page"), this.#page(visitor.page?.url ? visitor.page : (row.page ?? visitor.page ?? {}), ready)),
      Object.keys(visitor.attributes ?? {}).length > 0 && section(t("context.attributes"), attributes(visitor.attributes)),
      section(t("context.conversation"), this.#facts(row, visitor)),
      section(t("context.earlier"), this.#history()),
    );
  }

  #card(row, visitor) {
    const name = visitorName(row);
    const seen = asMs(visitor.last_seen_at);
    return el(
      "div.visitor-card",
      {},
      el("span.avatar.large", { ariaHidden: "true" }, initial(name)),
      el("div.visitor-words", {}, el("p.visitor-name", {}, name, (visitor.verified || visitor.external_id) && el("span.verified", { title: t("context.verified") }, icon("verified"), el("span.sr-only", {}, t("context.verified")))), seen && el("p.visitor-seen", {}, `${t("context.last_seen")} ${ago(seen)}`)),
    );
  }

  #contact(visitor) {
    const line = (glyph, text, href, label) =>
      text &&
      el(
        "li.contact-line",
        {},
        icon(glyph),
        href ? el("a.contact-text", { href }, text) : el("span.contact-text", {}, text),
        el("button.icon-button.small", { type: "button", ariaLabel: `${t("act.copy")} ${label}`, title: t("act.copy"), onclick: () => copied(text) }, icon("copy")),
      );
    const lines = [line("mail", visitor.email, `mailto:${visitor.email}`, t("context.email")), line("phone", visitor.phone, `tel:${(visitor.phone ?? "").replace(/[^\d+]/g, "")}`, t("context.phone")), line("user", visitor.external_id, null, t("context.user_id"))].filter(Boolean);
    return lines.length > 0 ? el("ul.contact", {}, ...lines) : quiet(t("context.no_contact"));
  }

  #page(page) {
    const url = /^https?:\/\//i.test(page?.url ?? "") ? page.url : null;
    if (!url) return quiet(t("context.no_page"));
    const referrer = /^https?:\/\//i.test(page.referrer ?? "") ? page.referrer : null;
    const from = referrer && hostOf(referrer);
    return el(
      "div.page",
      {},
      page.title && el("p.page-title", {}, page.title),
      el("a.page-url", { href: url, target: "_blank", rel: "noopener noreferrer nofollow" }, url.replace(/^https?:\/\//, "")),
      from && el("p.page-from", {}, `${t("context.referrer")} `, el("a", { href: referrer, target: "_blank", rel: "noopener noreferrer nofollow" }, from)),
    );
  }

  #facts(row, visitor) {
    const facts = [
      [t("context.site"), this.#desk.siteNames.get(row.site)],
      [t("context.started"), row.created_at && stamp(asMs(row.created_at))],
      [t("context.first_seen"), visitor.created_at && stamp(asMs(visitor.created_at))],
      [t("context.language"), visitor.locale],
      [t("context.rating"), row.rating ? `${row.rating} / 5` : null],
    ];
    return pairs(facts.filter(([, value]) => value));
  }

  #history() {
    if (this.#earlier === null) return el("div.history-ghost", { ariaHidden: "true" }, el("span.ghost.ghost-line"), el("span.ghost.ghost-line.ghost-short"));
    if (this.#earlier.length === 0) return quiet(t("context.none_earlier"));
    return el(
      "ul.history",
      {},
      ...this.#earlier.map((other) =>
        el(
          "li",
          {},
          el("a.history-row", { href: `${this.#desk.config.base}c/${other.id}/`, onclick: (event) => this.#follow(event, other.id) }, el("span.history-top", {}, el("span", {}, stamp(other.last_at || asMs(other.created_at))), el("span.status", { data: { status: other.status } }, t(`status.${other.status}`))), el("span.history-text", {}, preview(other))),
        ),
      ),
    );
  }

  #follow(event, id) {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    this.#on.onOpen(id);
  }
}

function asMs(value) {
  if (value === null || value === undefined || value === "") return null;
  return typeof value === "number" ? value : Date.parse(value);
}

/* A page says what it likes about itself, also what is no address. */
function hostOf(address) {
  try {
    return new URL(address).host;
  } catch {
    return null;
  }
}

function section(title, content) {
  return el("section.context-section", {}, el("h3", {}, title), content);
}

function quiet(text) {
  return el("p.quiet", {}, text);
}

function pairs(list) {
  return el("dl.facts", {}, ...list.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, String(value)))));
}

function attributes(values) {
  return pairs(Object.entries(values).slice(0, 50).map(([name, value]) => [name, typeof value === "object" && value !== null ? JSON.stringify(value) : value]));
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("act.copied"));
  } catch {
    /* refused by the browser */
  }
}
