/* trail.js: where the visitor is, and the pages they came by.
 *   const trail = new Trail(desk);   trail.node   await trail.load(row)   trail.draw(row, visitor) */

import { el } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { ago, clock, stamp } from "../../shared/time.js";
import { asMs, Panel, quiet } from "./panel.js";

const SHOWN = 5;
const MOST = 30;

/* A page says what it likes about itself, also what is no address. */
function address(text) {
  try {
    const url = new URL(text);
    return /^https?:$/.test(url.protocol) ? url : null;
  } catch {
    return null;
  }
}

function link(url, words, kind) {
  return el(`a.${kind}`, { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow" }, words);
}

/* What is no address is shown as it was said, and leads nowhere. */
function here(url, said) {
  return url ? link(url, said.replace(/^https?:\/\//, ""), "page-url") : el("span.page-url", {}, said);
}

export class Trail {
  #desk;
  #panel;
  #pages = { visitor: null, list: null };
  #all = false;

  constructor(desk) {
    this.#desk = desk;
    this.#panel = new Panel(desk, "page");
    this.node = this.#panel.node;
  }

  async load(row) {
    this.#all = false;
    const visitor = row.visitor.id;
    try {
      const { data } = await this.#desk.api.get(`visitors/${visitor}/pages/`, { limit: MOST });
      this.#pages = { visitor, list: data };
    } catch (error) {
      if (!error?.code) throw error;
      this.#pages = { visitor, list: [] };
    }
  }

  draw(row, visitor) {
    const page = visitor.page?.url ? visitor.page : (row.page ?? {});
    const list = this.#pages.visitor === visitor.id ? (this.#pages.list ?? []) : [];
    this.#panel.count(list.length > 1 ? list.length : null);
    this.#panel.show([page, list.map((one) => one.id), this.#all], () => {
      const now = address(page.url);
      if (!page.url && list.length === 0) return quiet(t("context.no_page"));
      const referrer = address(page.referrer);
      const earlier = list.filter((one) => one.url !== page.url || list.indexOf(one) > 0);
      return [
        page.url && el("div.page", {}, page.title && el("p.page-title", {}, page.title), here(now, page.url), referrer && el("p.page-from", {}, `${t("context.referrer")} `, link(referrer, referrer.host, "page-host"))),
        earlier.length > 0 && this.#trail(row, visitor, earlier),
      ].filter(Boolean);
    });
  }

  #trail(row, visitor, pages) {
    const shown = this.#all ? pages : pages.slice(0, SHOWN);
    const more = () => {
      this.#all = true;
      this.draw(row, visitor);
    };
    return el(
      "ol.trail",
      { ariaLabel: t("trail.pages") },
      ...shown.map((one) => {
        const url = address(one.url);
        const at = asMs(one.at);
        const words = one.title || (url ? url.host + url.pathname : one.url);
        return el("li.trail-step", {}, url ? link(url, words, "trail-link") : el("span", {}, words), el("time.num", { title: stamp(at) }, Date.now() - at < 3_600_000 ? ago(at) : clock(at)));
      }),
      pages.length > shown.length && el("li", {}, el("button.link-button", { type: "button", onclick: more }, t("trail.more", { count: pages.length - shown.length }))),
    );
  }
}
