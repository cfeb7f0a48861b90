/* Times in the viewer's zone and language, all from ms since the epoch. */

import { locale } from "./i18n.js";

const formats = new Map();

function format(kind, options) {
  const key = `${locale()} ${kind}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale(), options));
  return formats.get(key);
}

export function clock(ms) {
  return format("clock", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(ms);
}

export function dayKey(ms) {
  const day = new Date(ms);
  const two = (number) => String(number).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

export function dayLabel(ms, now = Date.now()) {
  const midnight = (at) => new Date(at).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(ms) - midnight(now)) / 86_400_000);
  if (days === 0 || days === -1) {
    const word = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(days, "day");
    return word.charAt(0).toLocaleUpperCase(locale()) + word.slice(1);
  }
  const sameYear = new Date(ms).getFullYear() === new Date(now).getFullYear();
  if (sameYear) return format("day", { month: "long", day: "numeric", weekday: "short" }).format(ms);
  return format("year", { year: "numeric", month: "long", day: "numeric" }).format(ms);
}

export function stamp(ms) {
  return `${dayLabel(ms)} ${clock(ms)}`;
}

const STEPS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
];

export function ago(ms, now = Date.now()) {
  const passed = Math.max(0, now - ms);
  const [unit, size] = STEPS.find(([, length]) => passed >= length) ?? STEPS.at(-1);
  return new Intl.RelativeTimeFormat(locale(), { numeric: "auto", style: "short" }).format(-Math.floor(passed / size), unit);
}

export function elapsed(ms) {
  const total = Math.max(0, Math.floor(ms / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}

export function bytes(count) {
  const units = ["B", "KB", "MB", "GB"];
  let size = count;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${new Intl.NumberFormat(locale(), { maximumFractionDigits: size < 10 && unit > 0 ? 1 : 0 }).format(size)} ${units[unit]}`;
}
