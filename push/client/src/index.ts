export type { Api, ChannelOf, Message, MethodOf, Outcome, StreamOf, Untyped, WritableOf } from "./api.js";
export { type CallOptions, Client, type Event, type FollowOptions, type Subscription } from "./client.js";
export { type Problem, PushError, type Reason } from "./error.js";
export type { Handlers } from "./follow.js";
export type { Address, ConnectOptions, Socket, SocketConstructor, State } from "./socket.js";
