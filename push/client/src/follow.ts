import type { Message, Outcome } from "./api.js";
import { PushError } from "./error.js";

/** What a subscription tells. */
export interface Handlers<View> {
  message(message: Message<View>): void;
  /** The subscription became live, at first and after each reconnect. Where the outcome is "fresh" or "reset", load the state anew. */
  live?(outcome: Outcome): void;
  /** The subscription is over, because of what it says; `unsubscribe` ends it without a word. */
  end?(error: PushError): void;
}

/**
 * Where a channel's subscription is: "joining" waits for the server's answer, behind what was missed; "leaving" for that to unsubscribe.
 * In both, and when live, the server knows of it.
 */
export type Phase = "idle" | "joining" | "live" | "leaving";

/** A channel, or a key of it, that somebody follows. */
export class Follow {
  phase: Phase = "idle";
  /** The call to subscribe. */
  call = 0;
  interrupted = false;
  /** The server said to come back later. */
  waiting = false;
  done = false;
  #paused = false;
  /** It was paused while the server knew of it: what came meanwhile is had by subscribing again, behind `since`. */
  #missing = false;
  readonly name: string;

  constructor(
    readonly channel: string,
    readonly key: string,
    /** The id that it goes on behind. */
    public since: string | undefined,
    readonly handlers: Handlers<unknown>,
  ) {
    this.name = nameOf(channel, key);
  }

  /** Whether the server should know of it. */
  get wanted(): boolean {
    return !this.done && !this.#paused;
  }

  /** Whether what comes is what follows `since`. */
  get whole(): boolean {
    return !this.done && !this.#missing;
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    if (paused && this.phase !== "idle") this.#missing = true;
  }

  /** away notes that the server does not know of it. */
  away(): void {
    this.phase = "idle";
    this.#missing = false;
  }
}

export function nameOf(channel: string, key: string): string {
  return key === "" ? channel : `${channel}/${key}`;
}

/** What a handler throws is no matter of the connection, but must be seen. */
export function tell(handler: () => void): void {
  try {
    handler();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
