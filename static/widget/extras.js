/* Loads extras.css before the parts that need it are shown. */

await new Promise((resolve) => {
  const link = Object.assign(document.createElement("link"), {
    rel: "stylesheet",
    href: new URL("./extras.css", import.meta.url),
    onload: resolve,
    onerror: resolve,
  });
  document.head.append(link);
});
