/* backoff.js: waiting times, pure.
 *   backoff(attempt, random) -> ms before the attempt-th retry (0, 1, 2 …), 0.5 s doubling to 30 s,
 *   jittered over the upper half so that a thousand pages do not come back in the same instant.
 *   restartDelay(random) -> ms after close 1012 (a planned restart): soon, spread over a second. */

export const FIRST_MS = 500;
export const LAST_MS = 30_000;

export function backoff(attempt, random = Math.random) {
  const ceiling = Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(ceiling * (0.5 + 0.5 * random()));
}

export function restartDelay(random = Math.random) {
  return Math.round(200 + 1000 * random());
}
