import { answered, PushError } from "./error.js";

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

  constructor(private readonly send: (message: string) => boolean) {}

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
