// What a client asks a hub for: what was, and who is there.
import { connect, failure, range, same, until } from "./play.mjs";

function watching(client, key) {
  const seen = [];
  const watch = client.watch("items", { key }, {
    joined: (names) => seen.push(...names.map((name) => `+${name}`)),
    left: (names) => seen.push(...names.map((name) => `-${name}`)),
    end: (error) => seen.push(error.reason),
  });
  return { seen, watch };
}

export const questions = {
  async "the history is the newest, and a subscription goes on behind it"(stage) {
    const client = connect(stage);
    await stage.ask("publish?key=old&from=0&to=30");
    const known = async (many) => (await client.history("items", { key: "old" })).messages.length === many;
    while (!(await known(30))) await new Promise((resolve) => setTimeout(resolve, 10));
    const { messages, id } = await client.history("items", { key: "old", limit: 4 });
    same(messages.map((m) => [m.channel, m.key, m.data.n, m.data.text]), range(26, 30).map((n) => ["items", "old", n, `ä\u2028<${n}`]));
    await stage.ask("publish?key=old&from=30&to=33");
    const events = client.follow("items", { key: "old", since: id });
    const seen = [];
    for await (const event of events) if (event.kind === "message" && seen.push(event.data.n) === 3) break;
    same(seen, range(30, 33));
    await client.publish("blobs", "k", new Uint8Array([0, 255]));
    let blobs = [];
    while (blobs.length === 0) blobs = (await client.history("blobs", { key: "k" })).messages;
    same([...blobs.at(-1).data.slice(0, 2)], [0, 255]);
    same((await failure(client.history("items", { limit: 1001 }))).code, -32602);
  },

  async "who is there is known, and who comes and goes, over restarts"(stage) {
    const [ann, bob, eve] = [connect(stage), connect(stage, "bob"), connect(stage, "eve")];
    const { seen, watch } = watching(ann, "den");
    await bob.follow("items", { key: "den" }).next();
    await until(() => seen.length === 1);
    same(await ann.presence("items", { key: "den" }), { connections: 1, principals: 1, members: { bob: { connections: 1 } } });
    const place = eve.follow("items", { key: "den" });
    await place.next();
    await until(() => seen.length === 2);
    same([...watch.members], ["bob", "eve"]);
    await place.return();
    await until(() => seen.length === 3);
    same(seen, ["+bob", "+eve", "-eve"]);
    bob.close();
    await stage.ask("stop");
    await stage.ask("start");
    eve.follow("items", { key: "den" });
    await until(() => seen.length === 5);
    same([seen.slice(3).sort(), [...watch.members]], [["+eve", "-bob"], ["eve"]]);
    watch.unwatch();
    const other = watching(ann, "den");
    await until(() => other.seen.length === 1);
    same([other.seen, seen.length], [["+eve"], 5]);
    const refused = watching(eve, "x".repeat(2000));
    await until(() => refused.seen.length === 1);
    same((await failure(ann.presence("quiets"))).problem.status, 404);
    ann.close();
    same([other.seen.at(-1), seen.length], ["closed", 5]);
  },
};
