/* The Markdown of answers as nodes: paragraphs, lists, emphasis, code, links. Nothing of it ever becomes markup by itself: every
 * piece of text is a text node, and a link goes to http(s), to mail, to a telephone or to a path of this server, or is no link. */

import { el, linkify } from "./dom.js";

const BULLET = /^\s{0,6}[-*+•]\s+(.*)$/;
const NUMBER = /^\s{0,6}(\d{1,3})[.)、]\s+(.*)$/;
const ROW = /^\s*\|(.+)\|\s*$/;
const RULE = /^\s*\|?[\s:|-]*-[\s:|-]*\|?\s*$/;
const HEADING = /^#{1,6}\s+(.*)$/;
const INLINE = /!?\[([^\]\n]{1,300})\]\(([^)\s]{1,500})(?:\s+"[^"]*")?\)|\*\*([^*\n]+)\*\*|__([^_\n]+)__|`([^`\n]+)`|\*([^*\s][^*\n]*)\*/g;

/* -> [HTMLElement, …] */
export function blocks(markdown) {
  const nodes = [];
  let lines = [];
  let list = null;
  let rows = [];

  const paragraph = () => {
    if (lines.length > 0) nodes.push(el("p", {}, ...lines.flatMap((line, at) => (at > 0 ? [el("br"), ...inline(line)] : inline(line)))));
    lines = [];
  };
  const endList = () => {
    if (list) nodes.push(list);
    list = null;
    if (rows.length > 0) nodes.push(table(rows));
    rows = [];
  };

  for (const line of String(markdown).split("\n")) {
    const row = ROW.exec(line);
    if (row || (rows.length > 0 && RULE.test(line))) {
      paragraph();
      if (rows.length === 0) endList();
      if (!RULE.test(line)) rows.push(row[1].split("|").map((cell) => cell.trim()));
      continue;
    }
    const bullet = BULLET.exec(line);
    const number = bullet ? null : NUMBER.exec(line);
    if (bullet || number) {
      paragraph();
      const tag = bullet ? "ul" : "ol";
      if (list?.localName !== tag) {
        endList();
        list = el(tag, number && number[1] !== "1" ? { start: Number(number[1]) } : {});
      }
      list.append(el("li", {}, ...inline(bullet ? bullet[1] : number[2])));
      continue;
    }
    endList();
    const heading = HEADING.exec(line);
    if (heading) {
      paragraph();
      nodes.push(el("p", {}, el("strong", {}, ...inline(heading[1]))));
    } else if (line.trim() === "") paragraph();
    else lines.push(line.replace(/^>\s?/, ""));
  }
  paragraph();
  endList();
  return nodes;
}

/* The first row is the head, as Markdown has it. */
function table([head, ...body]) {
  const cells = (tag, row) => el("tr", {}, ...row.map((cell) => el(tag, tag === "th" ? { scope: "col" } : {}, ...inline(cell))));
  return el("div.table", {}, el("table", {}, el("thead", {}, cells("th", head)), el("tbody", {}, ...body.map((row) => cells("td", row)))));
}

/* A safe address, or null. Paths are this server's own. */
export function address(href) {
  if (/^(https?:\/\/|mailto:|tel:)/i.test(href)) return href;
  return /^\/(?![/\\])/.test(href) ? href : null;
}

function inline(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, label, href, strong, under, code, emphasis] = match;
    nodes.push(...linkify(text.slice(from, match.index)));
    from = match.index + whole.length;
    const safe = href && address(href);
    if (safe) nodes.push(el("a", { href: safe, target: "_blank", rel: "noopener noreferrer nofollow" }, label));
    else if (href) nodes.push(label);
    else if (code) nodes.push(el("code", {}, code));
    else if (emphasis) nodes.push(el("em", {}, emphasis));
    else nodes.push(el("strong", {}, strong ?? under));
  }
  nodes.push(...linkify(text.slice(from)));
  return nodes;
}
