/* Keeps the keyboard inside a dialog; the focus returns to where it was. */

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
