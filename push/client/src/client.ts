import type { Api, Attendance, ChannelOf, Message, MethodOf, Outcome, Recent, StreamOf, Untyped, WritableOf } from "./api.js";
import { type Answer, type CallOptions, Calls } from "./calls.js";
import { Connection } from "./connection.js";
import type { PushError } from "./error.js";
import { Follow, type Handlers } from "./follow.js";
import { Follows } from "./follows.js";
import { base64Of, messageOf, type Told } from "./message.js";
import { Queue } from "./queue.js";
import { Watch, type WatchHandlers } from "./watch.js";
import { type Moves, Watches } from "./watches.js";
import type { Address, ConnectOptions, State } from "./socket.js";

export interface FollowOptions {
  /** One key of the channel; without it all of them. */
  key?: string;
  /** The id of the last message that was seen, to go on behind it. */
  since?: string;
}

/** A subscription. `lastId` is for `since` in another one, later. */
export interface Subscription {
  readonly lastId: string | undefined;
  unsubscribe(): void;
}

/** Who is present, as long as that is watched. */
export interface Watching {
  readonly members: ReadonlySet<string>;
  unwatch(): void;
}

/** What `follow` yields. */
export type Event<View> = ({ kind: "message" } & Message<View>) | { kind: "live"; outcome: Outcome };

/** A client of a hub's WebSocket. It connects, and connects again, until it is closed. */
export class Client<A extends Api = Untyped> {
  readonly #connection: Connection;
  readonly #calls: Calls;
  readonly #follows: Follows;
  readonly #watches: Watches;

  constructor(address: Address, options: ConnectOptions = {}) {
    this.#connection = new Connection(address, options, {
      opened: () => this.#opened(),
      received: (message) => this.#received(message),
      lost: (error) => this.#lost(error),
    });
    this.#calls = new Calls((message) => this.#connection.send(message));
    this.#follows = new Follows(this.#calls);
    this.#watches = new Watches(this.#calls);
  }

  get state(): State {
    return this.#connection.state;
  }

  /** close ends the client. What is under way fails with the reason "closed". */
  close(): void {
    this.#connection.close();
  }

  /** subscribe follows a channel. */
  subscribe<C extends ChannelOf<A>>(channel: C, options: FollowOptions, handlers: Handlers<A["channels"][C]["view"]>): Subscription {
    return this.#subscribe(channel, options, handlers as Handlers<unknown>);
  }

  #subscribe(channel: string, options: FollowOptions, handlers: Handlers<unknown>): Subscription & { pause(paused: boolean): void } {
    this.#calls.check();
    const follow = new Follow(channel, options.key ?? "", options.since, handlers);
    this.#follows.add(follow);
    return {
      get lastId() {
        return follow.since;
      },
      pause: (paused) => {
        follow.pause(paused);
        this.#follows.settle();
      },
      unsubscribe: () => {
        follow.done = true;
        this.#follows.settle();
      },
    };
  }

  /**
   * follow is a subscription to loop over. At most `buffer` events wait, 1,024 by default: with more the channel is left until all of them were
   * taken, and resumed from there. It throws why the subscription has ended; leaving the loop unsubscribes.
   */
  follow<C extends ChannelOf<A>>(channel: C, options: FollowOptions & { buffer?: number } = {}): AsyncIterableIterator<Event<A["channels"][C]["view"]>, undefined> {
    const buffer = Math.max(1, options.buffer ?? 1024);
    const queue = new Queue<Event<unknown>>({
      taken: (left) => {
        if (left === 0) subscription.pause(false);
      },
      left: () => subscription.unsubscribe(),
    });
    const add = (event: Event<unknown>): void => {
      queue.push(event);
      if (queue.size >= buffer) subscription.pause(true);
    };
    const subscription = this.#subscribe(channel, options, {
      message: (message) => add({ kind: "message", ...message }),
      live: (outcome) => add({ kind: "live", outcome }),
      end: (error) => queue.end({ of: error }),
    });
    return queue as AsyncIterableIterator<Event<A["channels"][C]["view"]>, undefined>;
  }

  /** publish publishes a view, where the server lets this client. What fails with "lost" may have been published. */
  async publish<C extends WritableOf<A>>(channel: C, key: string, view: A["channels"][C]["view"], options: CallOptions = {}): Promise<void> {
    const data = (view as unknown) instanceof Uint8Array ? base64Of(view as Uint8Array) : view;
    await this.#calls.ask("push.publish", { channel, key, data }, options);
  }

  /**
   * history is the newest messages that the server holds of a channel, or of one of its keys, the oldest first: 100 by default, and 1,000 at most.
   * Its `id` is for `since` of a subscription to the same, which goes on behind them.
   */
  async history<C extends ChannelOf<A>>(
    channel: C, { key = "", limit, ...options }: CallOptions & { key?: string; limit?: number } = {},
  ): Promise<Recent<A["channels"][C]["view"]>> {
    const params = { channel, key, ...(limit === undefined ? {} : { limit }) };
    const { messages, id } = (await this.#calls.ask("push.history", params, options)) as { messages: Told[]; id: string };
    return { messages: messages.map((message) => messageOf(message) as Message<A["channels"][C]["view"]>), id };
  }

  /** presence is who follows a channel, or one of its keys, on all servers. */
  async presence<C extends ChannelOf<A>>(channel: C, { key = "", ...options }: CallOptions & { key?: string } = {}): Promise<Attendance> {
    return (await this.#calls.ask("push.presence", { channel, key }, options)) as Attendance;
  }

  /** watch tells who follows a channel, or one of its keys, and then who comes and goes. It goes on over reconnects. */
  watch<C extends ChannelOf<A>>(channel: C, { key = "" }: { key?: string }, handlers: WatchHandlers): Watching {
    this.#calls.check();
    const watch = new Watch(channel, key, handlers);
    this.#watches.add(watch);
    return { members: watch.members, unwatch: () => this.#watches.remove(watch) };
  }

  /**
   * refresh gives the server a newer token, for this connection. It returns when that expires, in RFC 3339, and an empty text for never. What the
   * token does not allow to follow any more ends.
   */
  async refresh(token: string, options: CallOptions = {}): Promise<string> {
    const { expires, ended } = (await this.#calls.ask("push.refresh", { token }, options)) as { expires: string; ended: string[] };
    this.#follows.ended(ended);
    this.#watches.renewed();
    return expires;
  }

  /** call calls a method. It is made once: what fails with "lost" may have been done. */
  call<M extends MethodOf<A>>(method: M, params: A["methods"][M]["params"], options: CallOptions = {}): Promise<A["methods"][M]["result"]> {
    return this.#calls.ask(method, params, options);
  }

  /**
   * stream calls a stream, whose values are looped over. The server makes no more than are taken. Leaving the loop, or the signal, interrupts
   * it; it throws why it failed, behind the values that came before.
   */
  stream<M extends StreamOf<A>>(method: M, params: A["streams"][M]["params"], { signal }: { signal?: AbortSignal } = {}): AsyncIterableIterator<A["streams"][M]["result"], undefined> {
    this.#calls.check();
    signal?.throwIfAborted();
    const give = (): void => {
      signal?.removeEventListener("abort", abort);
      this.#calls.abandon(id);
    };
    const abort = (): void => {
      queue.drop();
      queue.end({ of: signal?.reason });
      give();
    };
    const queue = new Queue<unknown>({
      taken: (left) => {
        if (left === 0) this.#calls.acknowledge(id);
      },
      left: give,
    });
    const id = this.#calls.begin(method, params, {
      chunk: (values) => queue.push(...values),
      end: (error) => {
        signal?.removeEventListener("abort", abort);
        queue.end(error && { of: error });
      },
    });
    signal?.addEventListener("abort", abort);
    return queue;
  }

  #opened(): void {
    this.#follows.opened();
    this.#watches.opened();
    this.#calls.opened();
  }

  #lost(error: PushError): void {
    this.#calls.lost(error);
    this.#follows.lost(error);
    this.#watches.lost(error);
  }

  #received(message: unknown): void {
    const { method, params } = message as { method?: string; params?: Told & Moves & { retry_ms?: number } };
    switch (method) {
      case undefined:
        this.#calls.answer(message as Answer);
        break;
      case "push.message":
        this.#follows.message(params ?? {});
        break;
      case "push.position":
        this.#follows.position(params?.id ?? "");
        break;
      case "push.presence":
        this.#watches.told(params ?? {});
        break;
      case "push.drain":
        this.#connection.advise(params?.retry_ms ?? 0);
        break;
      default: // pongs, and what later servers tell
    }
  }
}
