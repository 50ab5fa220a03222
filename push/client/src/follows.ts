import type { Outcome } from "./api.js";
import type { Calls } from "./calls.js";
import { PushError } from "./error.js";
import { type Follow, nameOf, tell } from "./follow.js";
import { messageOf, type Told } from "./message.js";
import { delay } from "./socket.js";

/** How many subscriptions may wait for their answers, as servers bound the calls that are under way. */
const joins = 16;

/** JSON-RPC's code of status 503. */
const unavailable = -32053;

/** All that a client follows. What is wanted is brought about step by step, as the server's answers come. */
export class Follows {
  readonly #all = new Set<Follow>();
  readonly #routes = new Map<string, Follow>(); // what the server knows of
  #joining = 0;
  #open = false;

  constructor(private readonly calls: Calls) {}

  add(follow: Follow): void {
    for (const other of this.#all) {
      if (other.name === follow.name && !other.done) {
        throw new PushError("answer", -32009, `${follow.name} is followed already`);
      }
    }
    this.#all.add(follow);
    this.settle();
  }

  opened(): void {
    this.#open = true;
    this.settle();
  }

  /** lost notes that the server knows of nothing any more. */
  lost(error: PushError): void {
    this.#open = false;
    this.#routes.clear();
    this.#joining = 0;
    for (const follow of [...this.#all]) {
      follow.away();
      follow.waiting = false;
      if (error.reason === "closed") this.#end(follow, error);
      if (follow.done) this.#all.delete(follow);
    }
  }

  /** message hands a message to who follows its key or its channel. */
  message(told: Told): void {
    const message = messageOf(told);
    const follow = this.#routes.get(nameOf(message.channel, message.key)) ?? this.#routes.get(message.channel);
    if (!follow?.whole || follow.phase === "leaving") return;
    follow.since = message.id; // its own alone: while it is joining, others are further
    tell(() => follow.handlers.message(message));
  }

  /** position notes where all live channels are. */
  position(id: string): void {
    for (const follow of this.#routes.values()) {
      if (follow.phase === "live" && follow.whole) follow.since = id;
    }
  }

  /** ended notes what the server let go of, because it is not allowed any more. */
  ended(names: string[]): void {
    for (const name of names) {
      const follow = this.#routes.get(name);
      if (follow?.phase !== "live") continue;
      this.#away(follow);
      this.#end(follow, new PushError("answer", -32003, `${name} may not be followed any more`));
    }
    this.settle();
  }

  /** settle takes the steps that can be taken now. */
  settle(): void {
    if (!this.#open) return;
    for (const follow of [...this.#all]) this.#step(follow);
  }

  #step(follow: Follow): void {
    switch (follow.phase) {
      case "idle":
        if (follow.done) this.#all.delete(follow);
        else if (follow.wanted && !follow.waiting && this.#joining < joins && !this.#routes.has(follow.name)) this.#join(follow);
        break;
      case "joining":
        if (!follow.whole && !follow.interrupted) {
          follow.interrupted = true;
          this.calls.interrupt(follow.call);
        }
        break;
      case "live":
        if (!follow.whole) this.#leave(follow);
        break;
      case "leaving":
    }
  }

  #join(follow: Follow): void {
    follow.phase = "joining";
    follow.interrupted = false;
    this.#routes.set(follow.name, follow);
    this.#joining++;
    const params = { channel: follow.channel, key: follow.key, ...(follow.since === undefined ? {} : { since: follow.since }) };
    follow.call = this.calls.begin("push.subscribe", params, {
      end: (error, result) => {
        if (error && error.reason !== "answer") return; // lost sees to it
        this.#joining--;
        if (error) this.#refused(follow, error);
        else this.#joined(follow, result as { id: string; outcome: Outcome });
        this.settle();
      },
    });
  }

  #joined(follow: Follow, at: { id: string; outcome: Outcome }): void {
    follow.phase = "live";
    if (!follow.whole) return;
    follow.since = at.id;
    tell(() => follow.handlers.live?.(at.outcome));
  }

  #refused(follow: Follow, error: PushError): void {
    this.#away(follow);
    if (follow.interrupted) return;
    if (error.code !== unavailable) {
      this.#end(follow, error);
      return;
    }
    follow.waiting = true;
    setTimeout(() => {
      follow.waiting = false;
      this.settle();
    }, delay(1, 1000, 2000));
  }

  #leave(follow: Follow): void {
    follow.phase = "leaving";
    this.calls.begin("push.unsubscribe", { channel: follow.channel, key: follow.key }, {
      end: (error) => {
        if (error && error.reason !== "answer") return;
        this.#away(follow);
        this.settle();
      },
    });
  }

  #away(follow: Follow): void {
    follow.away();
    this.#routes.delete(follow.name);
  }

  #end(follow: Follow, error: PushError): void {
    if (follow.done) return;
    follow.done = true;
    tell(() => follow.handlers.end?.(error));
  }
}
