/* Small helpers for keyboards and screen readers. */

const regions = new Map();

export function announce(text, urgent = false) {
  const kind = urgent ? "assertive" : "polite";
  let region = regions.get(kind);
  if (!region) {
    region = document.createElement("div");
    region.className = "sr-only";
    region.setAttribute("aria-live", kind);
    document.body.append(region);
    regions.set(kind, region);
  }
  region.textContent = "";
  requestAnimationFrame(() => {
    region.textContent = text;
  });
}

/* Safari ends a composition before the keydown that ended it; only keyCode 229 still tells. */
export function composing(event) {
  return event.isComposing || event.keyCode === 229;
}

export function reducedMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
