/* theme.js: a classic script in the head, so that the first paint has the person's theme already. */
(() => {
  try {
    const theme = JSON.parse(localStorage.getItem("kefu:console:theme") ?? '"system"');
    if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  } catch {
    /* storage blocked: the system's theme */
  }
})();
