/* The demo shop: buttons that open the chat. Calls made before the loader is there wait in the queue. */
window.$kefu = window.$kefu || [];
window.kefuSettings = { locale: document.documentElement.lang.startsWith("zh") ? "zh-CN" : "en" };
for (const button of document.querySelectorAll("[data-chat]")) {
  button.addEventListener("click", () => window.$kefu.push(["toggle", button.dataset.chat]));
}
