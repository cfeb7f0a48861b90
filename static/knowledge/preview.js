/* preview.js: the answer as readers will see it, while somebody writes. Without it the saved answer is shown. */

document.addEventListener("DOMContentLoaded", () => {
  const source = document.querySelector("[data-preview]");
  const target = document.querySelector(".answer-preview");
  if (!source || !target) return;
  let timer = 0;
  let asked = null;
  source.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      asked?.abort();
      asked = new AbortController();
      const body = new URLSearchParams({ text: source.value, csrfmiddlewaretoken: document.querySelector("[name=csrfmiddlewaretoken]").value });
      try {
        const answer = await fetch(target.dataset.url, { method: "POST", body, signal: asked.signal });
        if (answer.ok) target.innerHTML = (await answer.json()).html; // cleaned by the server
      } catch (error) {
        if (error.name !== "AbortError") throw error;
      }
    }, 300);
  });
});
