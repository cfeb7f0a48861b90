/* Loads the styles of the parts that come later, before they are shown. */

const loaded = (name) =>
  new Promise((resolve) => {
    const link = Object.assign(document.createElement("link"), {
      rel: "stylesheet",
      href: new URL(name, import.meta.url),
      onload: resolve,
      onerror: resolve,
    });
    document.head.append(link);
  });

await Promise.all(["./extras.css", "./answers.css"].map(loaded));
