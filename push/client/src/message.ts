import type { Message } from "./api.js";

/** A message as the server tells it. */
export interface Told {
  channel?: string;
  key?: string;
  id?: string;
  data?: unknown;
  base64?: string;
}

export function messageOf({ channel = "", key = "", id = "", data, base64 }: Told): Message<unknown> {
  return { channel, key, id, data: base64 === undefined ? data : bytesOf(base64) };
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** base64Of is bytes as they are published. */
export function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
