import { PushError } from "./error.js";
import { delay, looks, patience, terminal } from "./socket.js";
import type { Address, ConnectOptions, Socket, SocketConstructor, State } from "./socket.js";

/** What a connection tells. */
export interface Listener {
  opened(): void;
  received(message: unknown): void;
  /** The connection is lost; another one is made unless it is the end. */
  lost(error: PushError): void;
}

/** calm is how long a connection must last for the next failure to count as the first, in milliseconds. */
const calm = 5_000;

/** A WebSocket that is made anew whenever it is lost, until it is closed or the server says not to come back. */
export class Connection {
  #socket: Socket | undefined;
  #state: State = "waiting";
  #failures = 0;
  #advice: number | undefined; // how long to wait, as the server says
  #opened = 0;
  #heard = 0;
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pulse: ReturnType<typeof setInterval> | undefined;
  #attempt = 0;
  readonly #make: SocketConstructor;

  constructor(private readonly address: Address, private readonly options: ConnectOptions, private readonly listener: Listener) {
    const make = options.WebSocket ?? (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
    if (!make) throw new TypeError("there is no WebSocket here: give its constructor as an option");
    this.#make = make;
    queueMicrotask(() => void this.#connect());
  }

  get state(): State {
    return this.#state;
  }

  /** send is false where there is no connection. */
  send(message: string): boolean {
    if (this.#state !== "open") return false;
    this.#socket?.send(message);
    return true;
  }

  /** advise says how long to wait after the connection that there is. */
  advise(wait: number): void {
    this.#advice = wait;
  }

  close(): void {
    if (this.#state !== "closed") this.#end(new PushError("closed", 1000, "the client was closed"));
  }

  async #connect(): Promise<void> {
    if (this.#state === "closed") return;
    const attempt = ++this.#attempt;
    this.#become("connecting");
    this.#timer = setTimeout(() => this.#lose(1006, "connecting took too long"), this.options.connectTimeout ?? 10_000);
    let socket: Socket;
    try {
      const url = typeof this.address === "function" ? await this.address() : this.address;
      if (attempt !== this.#attempt) return;
      socket = new this.#make(String(url));
    } catch (error) {
      if (attempt === this.#attempt) this.#lose(1006, "the address cannot be connected to", error);
      return;
    }
    this.#socket = socket;
    const mine = (then: (event: { data?: unknown; code?: number; reason?: string }) => void) =>
      (event: { data?: unknown; code?: number; reason?: string }): void => {
        if (this.#socket === socket) then(event);
      };
    socket.onopen = mine(() => this.#open());
    socket.onmessage = mine((event) => this.#receive(event.data));
    socket.onclose = mine((event) => this.#lose(event.code ?? 1006, event.reason || "the connection is over"));
    socket.onerror = mine(() => {
      if (this.#state === "connecting") this.#lose(1006, "the connection could not be made"); // Node 20 does not close it
    });
  }

  #open(): void {
    clearTimeout(this.#timer);
    this.#opened = this.#heard = Date.now();
    this.#asked = 0;
    const heartbeat = this.options.heartbeat ?? 15_000;
    this.#pulse = setInterval(() => this.#look(heartbeat), heartbeat / looks);
    this.#become("open");
    this.listener.opened();
  }

  #receive(data: unknown): void {
    this.#heard = Date.now();
    let message: unknown;
    try {
      message = JSON.parse(String(data));
    } catch {
      this.#lose(1007, "the server sent what is not JSON");
      return;
    }
    this.listener.received(message);
  }

  /** look asks a silent server whether it lives. Browsers hide pings and slow timers down, so only the time since it was asked counts. */
  #look(heartbeat: number): void {
    const now = Date.now();
    if (this.#asked > this.#heard) {
      if (now - this.#asked >= patience * heartbeat) this.#lose(1006, "the server does not answer");
    } else if (now - this.#heard >= heartbeat) {
      this.#asked = now;
      this.send('{"jsonrpc":"2.0","method":"@effect/rpc/Ping"}');
    }
  }

  #lose(code: number, reason: string, cause?: unknown): void {
    const settled = this.#state === "open" && Date.now() - this.#opened >= calm;
    if (terminal(code)) {
      this.#end(new PushError("closed", code, reason));
      return;
    }
    const error = new PushError("lost", code, reason);
    if (cause !== undefined) error.cause = cause;
    const open = this.#state === "open";
    this.#forget();
    this.#failures = settled ? 0 : this.#failures;
    const { first = 500, max = 30_000 } = this.options.backoff ?? {};
    const wait = this.#advice ?? delay(this.#failures, first, max);
    this.#advice = undefined;
    this.#failures++;
    this.#become("waiting", error);
    this.#timer = setTimeout(() => void this.#connect(), wait);
    if (open) this.listener.lost(error);
  }

  #end(error: PushError): void {
    this.#forget();
    this.#become("closed", error);
    this.listener.lost(error);
  }

  #forget(): void {
    const socket = this.#socket;
    this.#attempt++;
    this.#socket = undefined;
    clearTimeout(this.#timer);
    clearInterval(this.#pulse);
    socket?.close(1000);
  }

  #become(state: State, why?: unknown): void {
    this.#state = state;
    this.options.onState?.(state, why);
  }
}
