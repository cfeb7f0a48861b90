/* host.js: talk with the page that holds the iframe. Only the parent window, only from an origin that the site lists
 * (or kefu's own), and every answer goes to exactly that origin.
 *   const host = listen({ origins, on: { hello(data) {}, visible(data) {}, … } })   host.post(type, data)
 *   keepAtHost(host, kept, [[store, prefix], …]): what this browser does not let the frame keep   tellLooks(host) */

import { t } from "../shared/i18n.js";

export function listen({ origins, on }) {
  const allowed = new Set([location.origin, ...origins]);
  const waiting = [];
  let target = null;

  addEventListener("message", (event) => {
    if (window.parent === window || event.source !== window.parent || !allowed.has(event.origin)) return;
    const message = event.data;
    if (message?.kefu !== 1 || !Object.hasOwn(on, message.type)) return;
    if (target === null) {
      target = event.origin;
      for (const [type, data] of waiting.splice(0)) post(type, data);
    }
    if (event.origin === target) on[message.type](message.data ?? {});
  });

  function post(type, data = {}) {
    if (window.parent === window) return;
    if (target === null) waiting.push([type, data]);
    else window.parent.postMessage({ kefu: 1, type, data }, target);
  }

  return { post };
}

/* Browsers that shut a frame out of storage would make every page view a new visitor: then the page that holds us,
 * whose origin the site lists, keeps what we would have kept. */
export function keepAtHost(host, kept, areas) {
  for (const [area, prefix] of areas) {
    if (area.durable) continue;
    area.mirror = (key, value) => host.post("keep", { key: prefix + key, value });
    for (const [key, value] of Object.entries(kept ?? {})) if (key.startsWith(prefix)) area.restore(key.slice(prefix.length), value);
  }
}

export function tellLooks(host) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  host.post("ready", {
    accent: colour("--accent"),
    on: colour("--on-accent"),
    ground: colour("--surface"),
    labels: { open: t("open_chat"), close: t("close_chat"), unread: t("open_unread"), frame: t("frame_title") },
  });
}
