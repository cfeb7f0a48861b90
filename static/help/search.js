/* search.js: the shop's colour, and results while one types. Without it the form is a plain search; nothing here is
   needed to read. */

import { applyAccent } from "../shared/accent.js";

applyAccent(document.querySelector('meta[name="theme-color"]')?.content);

const WAIT_MS = 180;
const form = document.querySelector("form.search");
const input = form.querySelector("input");
const list = form.querySelector(".suggested");
const said = form.querySelector('[role="status"]');

let timer = 0;
let asked = null;

input.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(suggest, WAIT_MS);
});
input.addEventListener("focus", () => { if (list.childElementCount) list.hidden = false; });
form.addEventListener("keydown", move);
document.addEventListener("pointerdown", (event) => { if (!form.contains(event.target)) list.hidden = true; });
form.addEventListener("focusout", (event) => { if (event.relatedTarget && !form.contains(event.relatedTarget)) list.hidden = true; });

async function suggest() {
  const query = input.value.trim();
  asked?.abort();
  if (!query) return show([], "");
  asked = new AbortController();
  try {
    const answer = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(query)}`, { signal: asked.signal, credentials: "omit" });
    if (answer.ok) show((await answer.json()).results, query);
  } catch (error) {
    if (error.name !== "AbortError") list.hidden = true;
  }
}

function show(results, query) {
  list.replaceChildren(...results.map(row));
  list.hidden = results.length === 0;
  said.textContent = !query ? "" : results.length ? `${form.dataset.found}: ${results.length}` : form.dataset.none;
}

function row(result) {
  const link = document.createElement("a");
  link.href = result.url;
  const title = document.createElement("span");
  title.className = "title";
  title.textContent = result.title;
  const summary = document.createElement("span");
  summary.className = "summary";
  summary.textContent = result.summary;
  link.append(title, summary);
  return link;
}

function move(event) {
  if (event.key === "Escape") {
    list.hidden = true;
    return input.focus();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || list.hidden || event.isComposing) return undefined;
  const links = [input, ...list.children];
  const at = links.indexOf(document.activeElement);
  event.preventDefault();
  links[(at + step + links.length) % links.length].focus();
  return undefined;
}
