/* opening.js: when somebody is there again, in words. Pure.   openingTime(ms) -> "in 3 hours" | "Monday, 09:00" | null */

import { locale } from "../shared/i18n.js";

const NEAR_MS = 12 * 3_600_000;
const WEEK_MS = 6 * 86_400_000;

/* "in 3 hours", "Monday, 09:00", in the visitor's own time; null for what is not known or over. */
export function openingTime(at, now = Date.now()) {
  if (at === null || at <= now) return null;
  const minutes = Math.ceil((at - now) / 60_000);
  if (at - now < NEAR_MS) {
    const relative = new Intl.RelativeTimeFormat(locale(), { numeric: "always" });
    return minutes < 100 ? relative.format(minutes, "minute") : relative.format(Math.round(minutes / 60), "hour");
  }
  const day = at - now < WEEK_MS ? { weekday: "long" } : { month: "long", day: "numeric" };
  return new Intl.DateTimeFormat(locale(), { ...day, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
}
