/* host.js: talk with the page that holds the iframe. Only the parent window, only from an origin that the site lists
 * (or kefu's own), and every answer goes to exactly that origin.
 *   const host = listen({ origins, on: { hello(data) {}, visible(data) {}, … } })   host.post(type, data) */

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
