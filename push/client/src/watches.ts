import type { Attendance } from "./api.js";
import type { Calls } from "./calls.js";
import { PushError } from "./error.js";
import { nameOf, tell } from "./follow.js";
import type { Moved, Watch } from "./watch.js";

/** What the server tells of who has come and gone. */
export interface Moves extends Moved {
  channel?: string;
  key?: string;
}

const method = "push.presence";

/** All that a client watches. The server sees to what it is asked in its order, so a later wish needs not wait for the answer to an earlier one. */
export class Watches {
  readonly #all = new Map<string, Watch>();
  #open = false;

  constructor(private readonly calls: Calls) {}

  add(watch: Watch): void {
    if (this.#all.has(watch.name)) throw new PushError("answer", -32009, `${watch.name} is watched already`);
    this.#all.set(watch.name, watch);
    if (this.#open) this.#ask(watch);
  }

  remove(watch: Watch): void {
    if (this.#all.get(watch.name) !== watch) return;
    this.#all.delete(watch.name);
    if (this.#open) this.calls.begin(method, { channel: watch.channel, key: watch.key, watch: false }, { end: () => undefined });
  }

  opened(): void {
    this.#open = true;
    this.renewed();
  }

  /** renewed asks for all of them, where the server may not know of them any more. */
  renewed(): void {
    for (const watch of this.#all.values()) this.#ask(watch);
  }

  lost(error: PushError): void {
    this.#open = false;
    for (const watch of [...this.#all.values()]) {
      watch.asked = undefined;
      if (error.reason === "closed") this.#end(watch, error);
    }
  }

  told({ channel = "", key = "", ...moved }: Moves): void {
    this.#all.get(nameOf(channel, key))?.moved(moved);
  }

  #ask(watch: Watch): void {
    const asked: Moved[] = (watch.asked = []);
    this.calls.begin(method, { channel: watch.channel, key: watch.key, watch: true }, {
      end: (error, result) => {
        if (watch.asked !== asked || this.#all.get(watch.name) !== watch) return; // a later answer counts, or none
        if (error?.reason === "answer") this.#end(watch, error);
        else if (!error) watch.answered(result as Attendance);
      },
    });
  }

  #end(watch: Watch, error: PushError): void {
    if (!this.#all.delete(watch.name)) return;
    tell(() => watch.handlers.end?.(error));
  }
}
