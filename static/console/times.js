/* times.js: the times somebody puts a conversation aside for; pure.
 *   snoozeTimes(now) -> [{ name, at }]      name a key of the words, at ms */

const HOUR = 3_600_000;

export function snoozeTimes(now = Date.now()) {
  const at = (days, hour) => new Date(now).setHours(hour, 0, 0, 0) + days * 24 * HOUR;
  const toMonday = (8 - new Date(now).getDay()) % 7 || 7;
  return [
    { name: "snooze.hour", at: now + HOUR },
    { name: "snooze.afternoon", at: now + 3 * HOUR },
    { name: "snooze.tomorrow", at: at(1, 9) },
    { name: "snooze.monday", at: at(toMonday, 9) },
  ];
}
