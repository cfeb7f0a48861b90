/* A site's accent colour, made readable (WCAG 2.2 contrast). */

function parse(hex) {
  const short = /^#?([\da-f])([\da-f])([\da-f])$/i.exec(hex);
  const long = short ? short.slice(1).map((digit) => digit + digit) : /^#?([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(hex)?.slice(1);
  return long ? long.map((part) => Number.parseInt(part, 16)) : null;
}

function css(rgb) {
  return `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
}

function mix(a, b, share) {
  return a.map((part, i) => part + (b[i] - part) * share);
}

/* WCAG 2.2 relative luminance */
function luminance(rgb) {
  const [r, g, b] = rgb.map((part) => {
    const level = part / 255;
    return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function ratio(a, b) {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

export function contrast(a, b) {
  return ratio(parse(a), parse(b));
}

/* Darkens or lightens a colour, away from its ground, until it is readable on it. */
export function readable(colour, ground, wanted = 4.5) {
  const base = parse(ground);
  const towards = luminance(base) > 0.18 ? [0, 0, 0] : [255, 255, 255];
  let rgb = parse(colour);
  for (let step = 0; step < 20 && ratio(rgb, base) < wanted; step += 1) rgb = mix(rgb, towards, 0.08);
  return css(rgb);
}

const WHITE = [255, 255, 255];
const INK = [22, 26, 33];

export function applyAccent(hex, root = document.documentElement) {
  const rgb = parse(hex ?? "");
  if (rgb === null) return false;
  const paint = () => {
    const style = getComputedStyle(root);
    const surface = style.getPropertyValue("--surface").trim();
    const sunken = style.getPropertyValue("--surface-2").trim();
    const on = ratio(rgb, WHITE) >= 4.5 || ratio(rgb, WHITE) >= ratio(rgb, INK) ? WHITE : INK;
    /* A mid-tone that is readable under neither white nor ink is deepened a little for white. */
    const ground = on === WHITE ? parse(readable(css(rgb), "#ffffff", 4.5)) : rgb;
    const soft = mix(parse(surface), ground, luminance(parse(surface)) > 0.18 ? 0.12 : 0.26);
    const set = (name, value) => root.style.setProperty(name, value);
    set("--accent", css(ground));
    set("--on-accent", css(on));
    set("--accent-hover", css(mix(ground, on === WHITE ? [0, 0, 0] : WHITE, 0.14)));
    set("--accent-soft", css(soft));
    set("--accent-text", readable(readable(css(ground), sunken), css(soft)));
    set("--focus", readable(css(ground), surface, 3));
  };
  paint();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  new MutationObserver(paint).observe(root, { attributeFilter: ["data-theme"] });
  return true;
}
