export type { Api, Attendance, ChannelOf, Message, MethodOf, Outcome, Recent, StreamOf, Untyped, WritableOf } from "./api.js";
export type { CallOptions } from "./calls.js";
export { Client, type Event, type FollowOptions, type Subscription, type Watching } from "./client.js";
export { type Problem, PushError, type Reason } from "./error.js";
export type { Handlers } from "./follow.js";
export type { Address, ConnectOptions, Socket, SocketConstructor, State } from "./socket.js";
export type { WatchHandlers } from "./watch.js";
