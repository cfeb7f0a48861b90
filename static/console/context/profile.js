/* profile.js: how the visitor can be reached, and what is known of them and of this conversation; each value can be put right in place.
 *   const profile = new Profile(desk);   profile.nodes   await profile.load(row)   profile.draw(row, visitor) */

import { el, icon } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { toast } from "../toast.js";
import { inline } from "./inline.js";
import { Panel, pairs, quiet } from "./panel.js";

const FIELDS = [
  ["name", "user", "text", 100],
  ["email", "mail", "email", 254],
  ["phone", "phone", "tel", 32],
];

export class Profile {
  #desk;
  #contact;
  #conversation;
  #visitor;
  #definitions = { site: null, visitor: [], conversation: [] };
  #attributes = { id: null, values: null };

  constructor(desk) {
    this.#desk = desk;
    this.#contact = new Panel(desk, "contact");
    this.#conversation = new Panel(desk, "conversation_attributes");
    this.#visitor = new Panel(desk, "attributes");
    this.nodes = [this.#contact.node, this.#conversation.node, this.#visitor.node];
  }

  async load(row) {
    if (this.#definitions.site === row.site) return;
    const [visitor, conversation] = await Promise.allSettled(["visitor", "conversation"].map((target) => this.#desk.api.get("attribute-definitions/", { site: row.site, target, limit: 100 })));
    this.#definitions = { site: row.site, visitor: visitor.value?.data ?? [], conversation: conversation.value?.data ?? [] };
  }

  draw(row, visitor) {
    this.#drawContact(visitor);
    const { visitor: ofVisitor, conversation: ofConversation } = this.#definitions;
    const given = this.#attributes.id === row.id ? this.#attributes.values : (row.attributes ?? {});
    this.#conversation.node.hidden = ofConversation.length === 0;
    this.#conversation.show([row.id, given, ofConversation], () => this.#list("c", ofConversation, given, (key, value) => this.#saveConversation(row.id, key, value)));
    const known = visitor.attributes ?? {};
    this.#visitor.node.hidden = ofVisitor.length === 0 && Object.keys(known).length === 0;
    this.#visitor.show([visitor.id, known, ofVisitor], () => this.#list("v", ofVisitor, known, (key, value) => this.#desk.visitors.patch(visitor.id, { attributes: { [key]: value } })));
  }

  #drawContact(visitor) {
    this.#contact.show([visitor.id, ...FIELDS.map(([name]) => visitor[name]), visitor.external_id, visitor.created_at !== undefined], () => [
      el(
        "ul.contact",
        {},
        ...FIELDS.map(([name, glyph, kind, most]) => {
          const label = t(`context.${name}`);
          const value = visitor[name] ?? null;
          return el("li.contact-line", {}, icon(glyph), inline({ key: name, label, value, kind, most, placeholder: t(`context.add_${name}`), save: (next) => this.#desk.visitors.patch(visitor.id, { [name]: next }) }), ...links(name, value), copyButton(value, label));
        }),
        visitor.external_id && el("li.contact-line", {}, icon("verified"), el("span.contact-text", { title: t("context.verified") }, visitor.external_id), copyButton(visitor.external_id, t("context.user_id"))),
      ),
    ]);
  }

  #list(prefix, definitions, values, save) {
    const defined = new Set(definitions.map((one) => one.key));
    const free = Object.entries(values).filter(([key]) => !defined.has(key));
    const rows = definitions.map((one) => [one.label, inline({ key: `${prefix}-${one.key}`, label: one.label, value: values[one.key] ?? null, kind: one.kind, choices: one.choices, save: (next) => save(one.key, next) })]);
    if (rows.length + free.length === 0) return quiet(t("context.no_attributes"));
    /* What the site's own page tells is the site's: it is shown, not changed here. */
    return pairs([...rows, ...free.slice(0, 50).map(([key, value]) => [key, typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "")])]);
  }

  async #saveConversation(id, key, value) {
    const { attributes } = await this.#desk.api.patch(`conversations/${id}/attributes/`, { attributes: { [key]: value } });
    this.#attributes = { id, values: attributes };
    this.#desk.rows.patch(id, { attributes });
  }
}

function links(name, value) {
  if (!value || name === "name") return [];
  const href = name === "email" ? `mailto:${value}` : `tel:${value.replace(/[^\d+]/g, "")}`;
  const label = t(name === "email" ? "context.write_mail" : "context.call");
  return [el("a.icon-button.small", { href, title: label, ariaLabel: `${label}: ${value}` }, icon("send"))];
}

function copyButton(value, label) {
  if (!value) return null;
  return el("button.icon-button.small", { type: "button", ariaLabel: `${t("act.copy")} ${label}`, title: t("act.copy"), onclick: () => copied(value) }, icon("copy"));
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("act.copied"));
  } catch {
    /* refused by the browser */
  }
}
