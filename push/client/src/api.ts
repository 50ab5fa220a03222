/** What a server offers, as `millrace generate ts` writes it. */
export interface Api {
  channels: { [name: string]: { view: unknown; publish: boolean } };
  methods: { [name: string]: { params: unknown; result: unknown } };
  streams: { [name: string]: { params: unknown; result: unknown } };
}

/** What is assumed of a server of which no types were generated. */
export interface Untyped {
  /* eslint-disable @typescript-eslint/no-explicit-any */
  channels: { [name: string]: { view: any; publish: any } };
  methods: { [name: string]: { params: any; result: any } };
  streams: { [name: string]: { params: any; result: any } };
}

export type ChannelOf<A extends Api> = keyof A["channels"] & string;
export type MethodOf<A extends Api> = keyof A["methods"] & string;
export type StreamOf<A extends Api> = keyof A["streams"] & string;

/** The channels that clients may publish to. */
export type WritableOf<A extends Api> = {
  [C in ChannelOf<A>]: A["channels"][C]["publish"] extends true ? C : never;
}[ChannelOf<A>];

/** A channel's message. The id resumes the channel behind it. */
export interface Message<View> {
  channel: string;
  key: string;
  id: string;
  data: View;
}

/** The newest messages of a channel, and where they end. */
export interface Recent<View> {
  messages: Message<View>[];
  id: string;
}

/** Who follows a channel or one of its keys: all connections, whose they are, and the first 1,000 of those by name. Those of nobody are of "". */
export interface Attendance {
  connections: number;
  principals: number;
  members: { [principal: string]: { connections: number } };
}

/**
 * How a subscription became live: "fresh", now and without what was before; "memory" or "kafka", with all that was missed; "reset", where that
 * is gone. After "fresh" and "reset" load the state anew: what changes it meanwhile comes as messages.
 */
export type Outcome = "fresh" | "memory" | "kafka" | "reset";
