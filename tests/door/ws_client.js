// The `ws` package of npm against the door: node ws_client.js <port>. Prints one JSON line of what it saw.
"use strict";

const WebSocket = require("ws");

const url = `ws://127.0.0.1:${process.argv[2]}/echo`;
const seen = { messages: [], pongs: 0, close: null, tooBig: null, extensions: null };

function finish() {
  if (seen.close !== null && seen.tooBig !== null) {
    process.stdout.write(`${JSON.stringify(seen)}\n`);
    process.exit(0);
  }
}

const socket = new WebSocket(url, { perMessageDeflate: true });
const large = "中".repeat(20000);
socket.on("open", () => {
  seen.extensions = socket.extensions;
  socket.ping("heartbeat");
  socket.send("你好, ws");
  socket.send(Buffer.from([0, 255, 254]));
  socket.send("frag", { fin: false });
  socket.ping();
  socket.send("ments", { fin: true });
  socket.send(large);
});
socket.on("pong", () => { seen.pongs += 1; });
socket.on("message", (data, binary) => {
  const text = binary ? data.toString("hex") : data.toString();
  seen.messages.push(text === large ? "large" : text);
  if (seen.messages.length === 4) socket.close(4001, "再见");
});
socket.on("close", (code) => { seen.close = code; finish(); });

const greedy = new WebSocket(url);
greedy.on("open", () => greedy.send("x".repeat(1 << 20)));
greedy.on("error", () => {});
greedy.on("close", (code, reason) => { seen.tooBig = [code, reason.toString()]; finish(); });

setTimeout(() => { process.stdout.write(`${JSON.stringify(seen)}\n`); process.exit(1); }, 20000).unref();
