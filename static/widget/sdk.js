/* kefu loader: puts the chat on a page. Classic script, no dependencies, globals: kefuSDK, $kefu (and the page's kefuSettings).
 *   kefuSDK.run({ websiteToken, baseUrl })      or <script src=".../sdk.js" data-website-token="demo" async>
 *   window.kefuSettings = { locale, theme: "auto|light|dark", position: "right|left", hideBubble, offsetX, offsetY, trail: "off" }
 *   $kefu.setUser(id, { email, name, phone, avatar_url, attributes, user_hash }), toggle("open"|"close"), setCustomAttributes({}),
 *   setLocale("en"), reset(). Calls before the script is there: (window.$kefu = window.$kefu || []).push(["toggle", "open"]).
 *   Events on window: kefu:ready, kefu:opened, kefu:closed, kefu:message, kefu:unread, kefu:connection, kefu:error (detail). */
(() => {
  "use strict";
  if (window.kefuSDK && window.kefuSDK.run) return;

  const own = document.currentScript;
  const early = [].concat((window.kefuSDK && window.kefuSDK.q) || [], Array.isArray(window.$kefu) ? window.$kefu : []);
  const settings = Object.assign({ position: "right", theme: "auto", offsetX: 20, offsetY: 20 }, window.kefuSettings);
  const phone = matchMedia("(max-width: 480px), (max-height: 480px) and (pointer: coarse)");
  const READY_MS = 20000;
  const SETTLE_MS = 600;
  const SECRET = /(^|[^a-z])(token|secret|pass|passw(or)?d|passphrase|pwd|pin|otp|code|auth|oauth|jwt|sig|sign|signature|session|sessionid|sid|key|apikey|state|nonce|ticket|credential|hash)s?([^a-z]|$)/;
  const SVG = "http://www.w3.org/2000/svg";
  const CHAT = "M12 3.5c-5 0-9 3.4-9 7.7 0 2.4 1.3 4.6 3.3 6 .1 1.2-.4 2.3-1.3 3.2 1.9-.1 3.5-.8 4.7-1.7.7.1 1.5.2 2.3.2 5 0 9-3.4 9-7.7s-4-7.7-9-7.7z";
  const DOWN = "M6 9.5l6 6 6-6";

  const CSS = `
:host{all:initial}
*{box-sizing:border-box}
.bubble,.panel{position:fixed;z-index:2147483000;inset-block-end:calc(var(--y) + env(safe-area-inset-bottom,0px))}
.right .bubble,.right .panel{right:calc(var(--x) + env(safe-area-inset-right,0px))}
.left .bubble,.left .panel{left:calc(var(--x) + env(safe-area-inset-left,0px))}
.bubble{display:grid;place-items:center;width:56px;height:56px;padding:0;border:0;border-radius:50%;cursor:pointer;
 background:var(--accent);color:var(--on);box-shadow:0 6px 20px rgb(16 20 28/.22),0 1px 4px rgb(16 20 28/.16);
 opacity:0;transform:scale(.6);transition:opacity .2s,transform .25s cubic-bezier(.2,0,0,1),box-shadow .2s;visibility:hidden}
.ready .bubble{opacity:1;transform:none;visibility:visible}
.bubble:hover{box-shadow:0 10px 28px rgb(16 20 28/.28),0 1px 4px rgb(16 20 28/.16)}
.bubble:active{transform:scale(.95)}
.bubble:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
.bubble svg{grid-area:1/1;width:28px;height:28px;fill:currentColor;transition:opacity .15s,transform .2s}
.bubble svg+svg{fill:none;stroke:currentColor;stroke-width:2.2;stroke-linecap:round;stroke-linejoin:round;opacity:0;transform:rotate(-60deg)}
.open .bubble svg{opacity:0;transform:rotate(60deg)}
.open .bubble svg+svg{opacity:1;transform:none}
.badge{position:absolute;top:-4px;right:-4px;min-width:22px;height:22px;padding:0 6px;border-radius:11px;border:2px solid #fff;
 background:#c62f2f;color:#fff;font:600 12px/18px system-ui,sans-serif;text-align:center;font-variant-numeric:tabular-nums}
.badge[hidden],.open .badge{display:none}
.panel{--up:72px;inset-block-end:calc(var(--y) + var(--up) + env(safe-area-inset-bottom,0px));width:384px;max-width:calc(100vw - 2*var(--x));
 height:min(660px,calc(100vh - var(--y) - var(--up) - 20px));height:min(660px,calc(100dvh - var(--y) - var(--up) - 20px));
 border-radius:16px;overflow:hidden;background:var(--ground,#fff);
 box-shadow:0 16px 48px rgb(16 20 28/.22),0 2px 8px rgb(16 20 28/.1);opacity:0;transform:translateY(12px) scale(.98);
 transform-origin:100% 100%;visibility:hidden;transition:opacity .18s,transform .22s cubic-bezier(.2,0,0,1),visibility 0s .22s}
.left .panel{transform-origin:0 100%}
.nobubble .panel{--up:0px}
.open .panel{opacity:1;transform:none;visibility:visible;transition-delay:0s}
iframe{display:block;width:100%;height:100%;border:0;color-scheme:auto}
.phone .panel{inset:auto;top:var(--top,0px);left:0;right:0;width:100%;max-width:none;height:100vh;height:var(--height,100dvh);border-radius:0;
 padding:env(safe-area-inset-top,0px) env(safe-area-inset-right,0px) env(safe-area-inset-bottom,0px) env(safe-area-inset-left,0px);transform:translateY(24px)}
.phone.open .panel{transform:none}
.phone.open .bubble{visibility:hidden;opacity:0}
@media (prefers-reduced-motion:reduce){.bubble,.panel,.bubble svg{transition:none!important}}
@media print{.bubble,.panel{display:none}}`;

  let frame, origin, storeKey, root, bubble, badge, host;
  let ready = false;
  let open = false;
  let unread = 0;
  let labels = {};
  let pageTitle = null;
  const waiting = [];

  const emit = (name, detail) => window.dispatchEvent(new CustomEvent("kefu:" + name, { detail }));
  const tell = (type, data) => {
    if (ready) frame.contentWindow.postMessage({ kefu: 1, type, data }, origin);
    else waiting.push([type, data]);
  };
  /* Parameters whose names look like secrets never leave the page: accessToken, api_key, code, …; nor does what follows #. */
  const bare = (address) => {
    if (!address) return "";
    const url = new URL(address, location.href);
    const names = new Set(url.searchParams.keys());
    for (const name of names) if (SECRET.test(name.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase())) url.searchParams.delete(name);
    return url.origin === "null" ? "" : url.origin + url.pathname + url.search;
  };
  const page = () => ({ url: bare(location.href), title: document.title, referrer: bare(document.referrer) });

  function make(tag, props) {
    return Object.assign(document.createElement(tag), props);
  }

  function glyph(path) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.appendChild(document.createElementNS(SVG, "path")).setAttribute("d", path);
    return svg;
  }

  function build(source) {
    host = make("div", { id: "kefu-host" });
    const shadow = host.attachShadow({ mode: "open" });
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS);
      shadow.adoptedStyleSheets = [sheet];
    } catch {
      shadow.append(make("style", { textContent: CSS }));
    }
    root = make("div", { className: (settings.position === "left" ? "left" : "right") + (settings.hideBubble ? " nobubble" : "") });
    const panel = make("div", { className: "panel" });
    frame = make("iframe", { title: "Chat", allow: "fullscreen", referrerPolicy: "strict-origin-when-cross-origin" });
    bubble = make("button", { type: "button", className: "bubble" });
    badge = make("span", { className: "badge", hidden: true });
    badge.setAttribute("aria-hidden", "true");
    bubble.append(glyph(CHAT), glyph(DOWN), badge);
    bubble.addEventListener("click", () => toggle());
    frame.addEventListener("load", () => {
      const data = { locale: settings.locale, theme: settings.theme, page: page(), kept: keep(), trail: settings.trail !== "off" };
      frame.contentWindow.postMessage({ kefu: 1, type: "hello", data }, origin);
    });
    frame.src = source;
    panel.append(frame);
    root.append(panel);
    if (!settings.hideBubble) root.append(bubble);
    shadow.append(root);
    root.style.setProperty("--x", parseInt(settings.offsetX, 10) + "px");
    root.style.setProperty("--y", parseInt(settings.offsetY, 10) + "px");
    document.body.append(host);
    phone.addEventListener("change", layout);
    if (window.visualViewport) for (const name of ["resize", "scroll"]) visualViewport.addEventListener(name, layout);
    layout();
    setTimeout(() => ready || emit("error", { code: "not_loaded" }), READY_MS);
  }

  /* On phones the panel follows the visible part of the window, so the keyboard never covers what is being written. */
  let kept = null;
  function layout() {
    root.classList.toggle("phone", phone.matches);
    const view = window.visualViewport;
    const full = phone.matches && open;
    if (view && full) {
      root.style.setProperty("--top", view.offsetTop + "px");
      root.style.setProperty("--height", view.height + "px");
    }
    const page = document.documentElement;
    if (full && kept === null) {
      kept = page.style.overflow;
      page.style.overflow = "hidden";
    } else if (!full && kept !== null) {
      page.style.overflow = kept;
      kept = null;
    }
  }

  function label() {
    const text = open ? labels.close : unread > 0 ? (labels.unread || "").replace("{count}", unread) : labels.open;
    bubble.setAttribute("aria-label", text || "Chat");
    bubble.setAttribute("aria-expanded", open);
  }

  function toggle(state) {
    if (!root) return void early.push(["toggle", state]);
    const next = state === undefined ? !open : state === "open" || state === true;
    if (next === open) return;
    open = next;
    root.classList.toggle("open", open);
    layout();
    label();
    /* The focus follows a person's own act; a page that opens the chat by itself does not take it away. */
    const asked = !navigator.userActivation || navigator.userActivation.isActive;
    const focus = open && asked && !phone.matches;
    tell("visible", { open, page: page(), focus });
    if (focus) frame.focus();
    else if (!open && document.activeElement === host) bubble.focus({ preventScroll: true });
    emit(open ? "opened" : "closed");
  }

  function count(number) {
    unread = number;
    badge.hidden = number === 0;
    badge.textContent = number > 99 ? "99+" : number;
    label();
    title();
    emit("unread", { count: number });
  }

  /* The page's own title bears the number only while the page is out of sight. */
  function title() {
    if (document.hidden && unread > 0) {
      if (pageTitle === null) pageTitle = document.title;
      document.title = "(" + unread + ") " + pageTitle;
    } else if (pageTitle !== null) {
      document.title = pageTitle;
      pageTitle = null;
    }
  }

  /* Where the browser shuts the frame out of storage, its few values live here, in the page's own. */
  function keep(data) {
    try {
      const all = JSON.parse(localStorage.getItem(storeKey) || "{}");
      if (!data) return all;
      if (data.value === null) delete all[data.key];
      else all[data.key] = data.value;
      localStorage.setItem(storeKey, JSON.stringify(all));
    } catch {
      return {};
    }
  }

  const heard = {
    keep,
    ready(data) {
      labels = data.labels;
      frame.title = labels.frame;
      const set = (name, value) => root.style.setProperty(name, value);
      set("--accent", data.accent);
      set("--on", data.on);
      set("--ground", data.ground);
      label();
      if (ready) return;
      ready = true;
      root.classList.add("ready");
      for (const [type, value] of waiting.splice(0)) tell(type, value);
      emit("ready");
    },
    unread: (data) => count(data.count),
    message: (data) => emit("message", data),
    connection: (data) => emit("connection", data),
    error: (data) => emit("error", data),
    close: () => toggle("close"),
  };

  addEventListener("message", (event) => {
    if (!frame || event.origin !== origin || event.source !== frame.contentWindow) return;
    const message = event.data;
    if (message && message.kefu === 1 && Object.hasOwn(heard, message.type)) heard[message.type](message.data);
  });
  document.addEventListener("visibilitychange", title);

  /* Pages that change without loading. The page's own functions stay as they are: the browser tells, or we look once a second. */
  let shown = location.pathname + location.search;
  let settling = null;
  function moved() {
    const now = location.pathname + location.search;
    if (now === shown) return;
    shown = now;
    clearTimeout(settling);
    settling = setTimeout(() => frame && tell("page", page()), SETTLE_MS);
  }
  if (window.navigation) navigation.addEventListener("currententrychange", moved);
  else setInterval(moved, 1000);

  const api = {
    setUser(id, user) {
      tell("user", Object.assign({}, user, { id: String(id) }));
    },
    toggle,
    setCustomAttributes: (attributes) => tell("attributes", attributes),
    setLocale: (locale) => tell("locale", String(locale)),
    reset: () => tell("reset"),
    push(...calls) {
      for (const [method, ...args] of calls) if (Object.hasOwn(api, method) && method !== "push") api[method](...args);
    },
    get isOpen() {
      return open;
    },
  };

  function run(options) {
    if (frame || host) return;
    if (own && own.dataset.kefuTrail) settings.trail = own.dataset.kefuTrail;
    const base = String(options.baseUrl || (own && own.src) || "");
    origin = new URL(base, location.href).origin;
    host = true;
    storeKey = "kefu:" + options.websiteToken;
    const source = new URL("/widget/" + encodeURIComponent(options.websiteToken) + "/", origin);
    if (settings.theme !== "auto") source.searchParams.set("theme", settings.theme);
    const start = () => {
      build(source.href);
      api.push(...early.filter((call) => call[0] !== "run"));
    };
    if (document.body) start();
    else addEventListener("DOMContentLoaded", start);
  }

  window.$kefu = api;
  window.kefuSDK = { run };
  const asked = early.find((call) => call[0] === "run");
  if (asked) run(asked[1]);
  else if (own && own.dataset.websiteToken) run({ websiteToken: own.dataset.websiteToken });
})();
