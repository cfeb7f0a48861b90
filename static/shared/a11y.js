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

const FOCUSABLE = "a[href], button:not([disabled]), input:not([disabled]), textarea:not([disabled]), select, [tabindex='0']";

export function trapFocus(element, onEscape) {
  const before = document.activeElement;
  const reachable = () => [...element.querySelectorAll(FOCUSABLE)].filter((node) => node.getClientRects().length > 0);
  function onKey(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      onEscape?.();
      return;
    }
    if (event.key !== "Tab") return;
    const nodes = reachable();
    const edge = event.shiftKey ? nodes[0] : nodes.at(-1);
    if (nodes.length === 0 || document.activeElement === edge || !element.contains(document.activeElement)) {
      event.preventDefault();
      (event.shiftKey ? nodes.at(-1) : nodes[0])?.focus();
    }
  }
  element.addEventListener("keydown", onKey);
  (element.querySelector("[autofocus]") ?? reachable()[0] ?? element).focus();
  return () => {
    element.removeEventListener("keydown", onKey);
    before?.focus?.({ preventScroll: true });
  };
}

/* Safari ends a composition before the keydown that ended it; only keyCode 229 still tells. */
export function composing(event) {
  return event.isComposing || event.keyCode === 229;
}

export function reducedMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
