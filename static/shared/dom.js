/* Elements without markup in strings (a strict policy forbids style attributes and inline handlers anyway). */

export function el(selector, props = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const node = document.createElement(tag || "div");
  if (classes.length > 0) node.className = classes.join(" ");
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "data") Object.assign(node.dataset, value);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && name !== "list" && name !== "form") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function fill(node, ...children) {
  node.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/* Addresses end before closing punctuation, Chinese included, so that a full stop after an address is not part of it. */
const LINK = /\bhttps?:\/\/[^\s<>"'，。；：！？、（）《》「」【】\u3000]+|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b/gi;

export function linkify(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const found = match[0].replace(/[.,;:!?)\]}]+$/, "");
    const href = /^https?:/i.test(found) ? found : `mailto:${found}`;
    nodes.push(text.slice(from, match.index), el("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, found));
    from = match.index + found.length;
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== "");
}
