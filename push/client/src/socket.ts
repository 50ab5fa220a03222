/** What the client needs of a WebSocket, as browsers and Node from version 22 have it. */
export interface Socket {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  onopen: any; onmessage: any; onclose: any; onerror: any;
}

export type SocketConstructor = new (url: string) => Socket;

/** Where to connect to. A function is asked each time, so that it can bring a new ticket or token. */
export type Address = string | URL | (() => string | URL | Promise<string | URL>);

/** "waiting" is between two attempts to connect. */
export type State = "connecting" | "open" | "waiting" | "closed";

export interface ConnectOptions {
  /** The WebSocket's constructor, where there is no global one: Node 20. */
  WebSocket?: SocketConstructor;
  /** How often the server tells that it lives, in milliseconds: its `push.KeepAlive`, 15,000 by default. It is dead after 2.5 times as long. */
  heartbeat?: number;
  /** How long to wait before the second attempt to connect, and between attempts at most, in milliseconds: 500 and 30,000 by default. */
  backoff?: { first?: number; max?: number };
  /** How long an attempt to connect may take, in milliseconds: 10,000 by default. */
  connectTimeout?: number;
  /** Told of each change, with why where the connection was lost or could not be made. */
  onState?: (state: State, why?: unknown) => void;
}

/** How often to look whether the server lives, within a heartbeat. */
export const looks = 4;

/** When a server that does not answer is dead, in heartbeats. It is asked after one of silence. */
export const patience = 1.5;

/** The answers to why a WebSocket was closed: from 3500 to 3999 the server does not want this client back. */
export function terminal(code: number): boolean {
  return code >= 3500 && code < 4000;
}

/** A time to wait before the attempt that follows so many that failed, spread so that clients do not come at once. */
export function delay(failures: number, first: number, max: number): number {
  return Math.min(max, first * 2 ** Math.min(failures, 20)) * (0.5 + Math.random() / 2);
}
