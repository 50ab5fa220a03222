import { Client } from "../../dist/index.js";

/** A server that the test plays. */
export class Server {
  /** All sockets that were made, the newest last. */
  sockets = [];
  waiting = [];

  constructor() {
    const server = this;
    this.WebSocket = class {
      sent = [];
      closed = false;

      constructor(url) {
        this.url = url;
        server.sockets.push(this);
        server.waiting.splice(0).forEach((resolve) => resolve());
      }

      send(text) {
        this.sent.push(JSON.parse(text));
      }

      close() {
        this.closed = true;
      }
    };
  }

  client(options = {}) {
    return new Client("ws://server", { WebSocket: this.WebSocket, backoff: { first: 1, max: 5 }, ...options });
  }

  /** The connection that the client makes next, once it is open. */
  async accept() {
    while (!this.sockets.some((socket) => !socket.met)) await new Promise((resolve) => this.waiting.push(resolve));
    const socket = this.sockets.find((one) => !one.met);
    socket.met = true;
    socket.onopen();
    return new Peer(socket);
  }
}

/** A connection's end at the server. */
class Peer {
  constructor(socket) {
    this.socket = socket;
  }

  tell(message) {
    this.socket.onmessage({ data: JSON.stringify({ jsonrpc: "2.0", ...message }) });
  }

  /** What the client has sent since this was asked last. */
  heard() {
    return this.socket.sent.splice(0);
  }

  /** The call that the client has made, the only message that waits. */
  call() {
    const [message, ...others] = this.heard();
    if (!message || others.length > 0) throw new Error(`heard ${JSON.stringify([message, ...others])}`);
    return message;
  }

  message(channel, key, id, data) {
    this.tell({ method: "push.message", params: { channel, key, id, data } });
  }

  position(id) {
    this.tell({ method: "push.position", params: { id } });
  }

  close(code) {
    this.socket.onclose({ code, reason: "" });
  }
}

export function until(condition) {
  return new Promise((resolve, reject) => {
    const began = Date.now();
    const look = () => {
      if (condition()) resolve();
      else if (Date.now() - began > 5000) reject(new Error("it did not come"));
      else setTimeout(look, 2);
    };
    look();
  });
}
