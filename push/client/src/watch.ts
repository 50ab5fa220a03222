import type { Attendance } from "./api.js";
import type { PushError } from "./error.js";
import { nameOf, tell } from "./follow.js";

/** What a watch tells. Who is there at first has joined; after a reconnect those are told who have come and gone meanwhile. */
export interface WatchHandlers {
  joined?(names: string[]): void;
  left?(names: string[]): void;
  /** The watch is over, because of what it says; `unwatch` ends it without a word. */
  end?(error: PushError): void;
}

/** Who has come to a place, and gone. */
export interface Moved {
  joined?: string[];
  left?: string[];
}

/** A channel, or a key of it, of which somebody wants to know who is there. */
export class Watch {
  readonly members = new Set<string>();
  readonly name: string;
  /** What was told since the server was asked, as long as it has not answered: its answer may be older. */
  asked: Moved[] | undefined;

  constructor(
    readonly channel: string,
    readonly key: string,
    readonly handlers: WatchHandlers,
  ) {
    this.name = nameOf(channel, key);
  }

  moved(move: Moved): void {
    this.asked?.push(move);
    this.#change(move.joined ?? [], move.left ?? []);
  }

  /** answered takes in who is there. Where more are than the answer lists, nobody is known to have gone. */
  answered({ members, principals }: Attendance): void {
    const there = new Set(Object.keys(members));
    const all = there.size === principals;
    for (const move of this.asked ?? []) {
      for (const name of move.joined ?? []) there.add(name);
      for (const name of move.left ?? []) there.delete(name);
    }
    this.asked = undefined;
    this.#change([...there], all ? [...this.members].filter((name) => !there.has(name)) : []);
  }

  #change(joined: string[], left: string[]): void {
    const came = joined.filter((name) => !this.members.has(name));
    const gone = left.filter((name) => this.members.has(name));
    for (const name of came) this.members.add(name);
    for (const name of gone) this.members.delete(name);
    if (came.length > 0) tell(() => this.handlers.joined?.(came));
    if (gone.length > 0) tell(() => this.handlers.left?.(gone));
  }
}
