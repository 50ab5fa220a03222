import assert from "node:assert/strict";
import { test } from "node:test";
import { Server } from "./fake.mjs";

function log() {
  const seen = [];
  return {
    seen,
    joined: (names) => seen.push(`+${names}`),
    left: (names) => seen.push(`-${names}`),
    end: (error) => seen.push(`${error.reason} ${error.code}`),
  };
}

function present(...names) {
  const members = Object.fromEntries(names.map((name) => [name, { connections: 1 }]));
  return { connections: names.length, principals: names.length, members };
}

test("a watch tells what changes, also what changed before the answer and while there was no connection", async () => {
  const server = new Server();
  const client = server.client();
  const room = log();
  const watch = client.watch("chat", { key: "room" }, room);
  let peer = await server.accept();
  let call = peer.call();
  assert.deepEqual([call.method, call.params], ["push.presence", { channel: "chat", key: "room", watch: true }]);
  const moved = (params) => peer.tell({ method: "push.presence", params: { channel: "chat", key: "room", ...params } });
  moved({ joined: ["cat"] });
  moved({ left: ["bob"] }); // the answer below is older than that
  moved({ joined: ["ann"] }); // and this is in it
  peer.tell({ id: call.id, result: present("ann", "bob") });
  assert.deepEqual([room.seen, [...watch.members].sort()], [["+cat", "+ann"], ["ann", "cat"]]);
  moved({ joined: ["bob"], left: ["cat"] });
  peer.tell({ method: "push.presence", params: { channel: "chat", joined: ["elsewhere"] } });
  peer.close(3001);
  peer = await server.accept();
  call = peer.call();
  peer.tell({ id: call.id, result: present("bob", "dan") });
  assert.deepEqual(room.seen.slice(2), ["+bob", "-cat", "+dan", "-ann"]);
  moved({ joined: ["dan"], left: ["nobody"] });
  assert.equal(room.seen.length, 6);

  assert.throws(() => client.watch("chat", { key: "room" }, log()), { code: -32009 });
  watch.unwatch();
  watch.unwatch();
  assert.deepEqual(peer.call().params, { channel: "chat", key: "room", watch: false });
  moved({ joined: ["late"] });
  const again = log();
  client.watch("chat", { key: "room" }, again);
  call = peer.call();
  peer.tell({ id: call.id, result: { connections: 2000, principals: 2000, members: { ann: { connections: 1 } } } });
  peer.close(1006);
  peer = await server.accept();
  call = peer.call();
  peer.tell({ id: call.id, result: { connections: 2000, principals: 2000, members: { bob: { connections: 1 } } } });
  assert.deepEqual(again.seen, ["+ann", "+bob"], "who is not among the first has not gone");
  client.close();
  assert.deepEqual([again.seen.at(-1), room.seen.length], ["closed 1000", 6]);
});

test("a watch that is refused ends, also by a newer token", async () => {
  const server = new Server();
  const client = server.client();
  const [kept, lost] = [log(), log()];
  client.watch("chat", {}, kept);
  client.watch("orders", {}, lost);
  const peer = await server.accept();
  for (const call of peer.heard()) peer.tell({ id: call.id, result: present() });
  const refreshed = client.refresh("token");
  peer.tell({ id: peer.call().id, result: { expires: "", ended: [] } });
  await refreshed;
  const [first, second] = peer.heard();
  peer.tell({ id: first.id, result: present() });
  peer.tell({ id: second.id, error: { code: -32003, message: "no" } });
  assert.deepEqual([kept.seen, lost.seen], [[], ["answer -32003"]]);
  client.watch("orders", {}, log());
  assert.equal(peer.call().params.channel, "orders");
  client.close();
});
