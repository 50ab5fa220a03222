// What the generated types allow, and what they do not. It is compiled and never run.
import { Client, type Message, PushError } from "@millrace/client";
import type { Api } from "./api.js";

type Item = Api["channels"]["items"]["view"];

function show(message: Message<Item>): string {
  return message.data.text + message.data.n.toFixed();
}

export async function allowed(client: Client<Api>): Promise<number> {
  const subscription = client.subscribe("items", { key: "a" }, {
    message: (message) => show(message),
    live: (outcome) => outcome === "reset",
    end: (error: PushError) => error.problem?.status,
  });
  subscription.unsubscribe();
  for await (const event of client.follow("blobs")) {
    if (event.kind === "message") return event.data.byteLength;
  }
  for await (const value of client.stream("count", 3)) show({ channel: "", key: "", id: "", data: value });
  const recent = await client.history("items", { key: "a", limit: 10 });
  for (const message of recent.messages) show(message);
  const watching = client.watch("items", { key: "a" }, { joined: (names) => names.join(), left: (names) => names.length });
  watching.unwatch();
  const { connections } = await client.presence("items", { key: "a" });
  if (connections !== watching.members.size) return connections;
  await client.publish("items", "a", { n: 1, text: "x" });
  await client.publish("blobs", "a", new Uint8Array());
  const who: string = await client.call("who", {});
  return who.length + (await client.call("math.add", { a: 1, b: 2 }, { timeout: 1000 }));
}

export function refused(client: Client<Api>): void {
  // @ts-expect-error there is no such method
  void client.call("nothing", {});
  // @ts-expect-error it is a stream
  void client.call("count", 1);
  // @ts-expect-error these are not its params
  void client.call("math.add", { a: "1", b: 2 });
  // @ts-expect-error there is no such channel
  client.subscribe("nowhere", {}, { message: () => undefined });
  // @ts-expect-error clients may not publish to it
  void client.publish("quiets", "a", "x");
  // @ts-expect-error there is no such channel
  void client.history("nowhere");
  // @ts-expect-error there is no such channel
  client.watch("nowhere", {}, {});
  // @ts-expect-error who is present is not changed here
  client.watch("items", {}, {}).members.add("ann");
  // @ts-expect-error a view has more
  void client.publish("items", "a", { n: 1 });
}

export async function untyped(client: Client): Promise<string> {
  await client.publish("anything", "a", 1);
  return client.call("anything", { at: "all" });
}
