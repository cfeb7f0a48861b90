/* viewport.js: on a full page, the phone's keyboard must not cover the field (iOS only moves the visual viewport). */

const view = window.visualViewport;
const style = document.documentElement.style;

function fit() {
  style.setProperty("--view-height", `${view.height}px`);
  style.setProperty("--view-top", `${view.offsetTop}px`);
}

if (view) {
  for (const name of ["resize", "scroll"]) view.addEventListener(name, fit);
  fit();
}
