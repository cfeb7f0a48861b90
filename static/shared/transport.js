/* Carries frames over a WebSocket. Same face as poll.js: open(hello) send(frame) close(); calls onFrame, onClose(code) once. */

export const UNREACHABLE = 0;

export class SocketTransport {
  name = "websocket";
  #socket = null;

  constructor(url, { onFrame, onClose }) {
    this.url = new URL(url, location.href);
    this.url.protocol = this.url.protocol === "https:" ? "wss:" : this.url.protocol === "http:" ? "ws:" : this.url.protocol;
    this.onFrame = onFrame;
    this.onClose = onClose;
  }

  open(hello) {
    let socket;
    try {
      socket = new WebSocket(this.url);
    } catch {
      queueMicrotask(() => this.#ended(UNREACHABLE));
      return;
    }
    this.#socket = socket;
    socket.onopen = () => socket.send(JSON.stringify(hello));
    socket.onmessage = (event) => {
      if (this.#socket !== socket || typeof event.data !== "string") return;
      let frame;
      try {
        frame = JSON.parse(event.data);
      } catch {
        return;
      }
      this.onFrame(frame);
    };
    socket.onclose = (event) => {
      if (this.#socket === socket) this.#ended(event.code === 1006 ? UNREACHABLE : event.code);
    };
  }

  send(frame) {
    if (this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  close(code = 1000) {
    const socket = this.#socket;
    this.#socket = null;
    this.onClose = null;
    if (socket && socket.readyState < 2) socket.close(code);
  }

  #ended(code) {
    const report = this.onClose;
    this.close();
    report?.(code);
  }
}
