/* ticker.js: one clock for every running time on the page, so that all of them change in the same instant.
 *   everySecond(fn) -> stop()      called on the full second; rests while the tab is hidden, and once when it is seen again */

const listeners = new Set();
let timer = null;

function tick() {
  timer = setTimeout(tick, 1000 - (Date.now() % 1000));
  if (document.visibilityState === "hidden") return;
  for (const listener of listeners) listener();
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") for (const listener of listeners) listener();
});

export function everySecond(listener) {
  listeners.add(listener);
  timer ??= setTimeout(tick, 1000 - (Date.now() % 1000));
  return () => listeners.delete(listener);
}
