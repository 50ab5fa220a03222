import { answered, PushError } from "./error.js";

export interface CallOptions {
  /** Gives the call up: the server is told, and the signal's reason is thrown. */
  signal?: AbortSignal;
  /** How long to wait, for the connection too, in milliseconds: 30,000 by default, and Infinity for ever. */
  timeout?: number;
}

/** Who waits for an answer. Both are called before the next message is looked at. */
export interface Waiter {
  /** Some of an answer that comes in chunks. */
  chunk?(values: unknown[]): void;
  end(error: PushError | undefined, result?: unknown): void;
}

/** What of a message is an answer. */
export interface Answer {
  id: number;
  chunk?: boolean;
  result?: unknown;
  error?: { code: number; message: string; data?: unknown };
}

/** The calls of a client that are under way, and those that wait for a connection. */
export class Calls {
  #next = 0;
  readonly #waiters = new Map<number, Waiter>();
  readonly #unsent = new Map<number, string>();
  #over: PushError | undefined;

  constructor(private readonly send: (message: string) => boolean) {}

  /** check throws why the client has ended, if it has. */
  check(): void {
    if (this.#over) throw this.#over;
  }

  /** ask makes a call, and returns its answer. */
  ask(method: string, params: unknown, { signal, timeout = 30_000 }: CallOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.check();
      signal?.throwIfAborted();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const give = (error: unknown): void => {
        this.abandon(id);
        settled();
        reject(error);
      };
      const abort = (): void => give(signal?.reason);
      const settled = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      };
      const id = this.begin(method, params, {
        end: (error, result) => {
          settled();
          if (error) reject(error);
          else resolve(result);
        },
      });
      signal?.addEventListener("abort", abort);
      if (timeout !== Infinity) timer = setTimeout(() => give(new PushError("timeout", 0, `no answer to ${method} in ${timeout} ms`)), timeout);
    });
  }

  /** begin makes a call, as soon as there is a connection. */
  begin(method: string, params: unknown, waiter: Waiter): number {
    const id = ++this.#next;
    const message = JSON.stringify({ jsonrpc: "2.0", id, method, params });
    this.#waiters.set(id, waiter);
    if (!this.send(message)) this.#unsent.set(id, message);
    return id;
  }

  /** acknowledge says that a chunk was taken. */
  acknowledge(id: number): void {
    if (this.#waiters.has(id)) this.#tell("Ack", id);
  }

  /** interrupt asks the server to give a call up. Its answer still comes. */
  interrupt(id: number): void {
    if (this.#waiters.has(id) && !this.#unsent.has(id)) this.#tell("Interrupt", id);
  }

  /** abandon interrupts a call of whose answer nobody wants to know. */
  abandon(id: number): void {
    this.interrupt(id);
    this.#unsent.delete(id);
    this.#waiters.delete(id);
  }

  answer(message: Answer): void {
    const waiter = this.#waiters.get(message.id);
    if (message.chunk === true) {
      waiter?.chunk?.(message.result as unknown[]);
      return;
    }
    this.#waiters.delete(message.id);
    if (message.error) waiter?.end(answered(message.error));
    else waiter?.end(undefined, message.result);
  }

  /** opened sends what has waited for a connection. */
  opened(): void {
    for (const [id, message] of this.#unsent) {
      this.#unsent.delete(id);
      this.send(message);
    }
  }

  /** lost ends all of them. What waits for a connection is there only while there is none to lose, or at the end of the client. */
  lost(error: PushError): void {
    if (error.reason === "closed") this.#over = error;
    for (const [id, waiter] of [...this.#waiters]) {
      this.#waiters.delete(id);
      this.#unsent.delete(id);
      waiter.end(error);
    }
  }

  #tell(what: string, id: number): void {
    this.send(JSON.stringify({ jsonrpc: "2.0", method: `@effect/rpc/${what}`, params: { requestId: id } }));
  }
}
