import assert from "node:assert/strict";
import { test } from "node:test";
import { Server, until } from "./fake.mjs";

function log() {
  const seen = [];
  return {
    seen,
    message: (message) => seen.push(message.data),
    live: (outcome) => seen.push(outcome),
    end: (error) => seen.push(`${error.reason} ${error.code}`),
  };
}

test("each channel resumes where it is itself", async () => {
  const server = new Server();
  const client = server.client();
  const [orders, chat] = [log(), log()];
  client.subscribe("orders", {}, orders);
  let peer = await server.accept();
  let call = peer.call();
  assert.deepEqual(call.params, { channel: "orders", key: "" });
  peer.tell({ id: call.id, result: { id: "p1", outcome: "fresh" } });
  peer.message("orders", "1", "p2", "a");
  client.subscribe("chat", { key: "lobby", since: "old" }, chat);
  call = peer.call();
  assert.deepEqual(call.params, { channel: "chat", key: "lobby", since: "old" });
  peer.message("chat", "lobby", "old2", "replayed"); // it must not take orders back
  peer.position("p3"); // it must not bring chat forward
  peer.close(1006);
  const left = peer;
  peer = await server.accept();
  let calls = peer.heard();
  assert.deepEqual(calls.map((one) => one.params.since), ["p3", "old2"]);
  for (const one of calls) peer.tell({ id: one.id, result: { id: "p4", outcome: "memory" } });
  left.message("orders", "", "p0", "of the connection before");
  peer.message("chat", "lobby", "p5", "live");
  peer.position("p6");
  peer.message("orders", "2", "p7", "b");
  peer.close(3001);
  peer = await server.accept();
  calls = peer.heard();
  assert.deepEqual(calls.map((one) => one.params.since), ["p7", "p6"]);
  peer.tell({ id: calls[0].id, result: { id: "p9", outcome: "reset" } });
  assert.deepEqual(orders.seen, ["fresh", "a", "memory", "b", "reset"]);
  assert.deepEqual(chat.seen, ["replayed", "memory", "live"]);
  client.close();
  assert.equal(orders.seen.at(-1), "closed 1000");
});

test("what was unsubscribed tells nothing more, also when it has not begun", async () => {
  const server = new Server();
  const client = server.client();
  const [first, second] = [log(), log()];
  const subscription = client.subscribe("orders", {}, first);
  assert.throws(() => client.subscribe("orders", {}, second), { code: -32009 });
  const peer = await server.accept();
  const call = peer.call();
  subscription.unsubscribe();
  assert.deepEqual(peer.call().params, { requestId: call.id });
  client.subscribe("orders", {}, second);
  assert.deepEqual(peer.heard(), []); // the server knows of the first one still
  peer.message("orders", "", "x", "late");
  peer.tell({ id: call.id, result: { id: "p1", outcome: "fresh" } }); // the interruption came too late
  const leave = peer.call();
  assert.equal(leave.method, "push.unsubscribe");
  peer.message("orders", "", "x", "later");
  peer.tell({ id: leave.id, result: {} });
  const again = peer.call();
  assert.equal(again.method, "push.subscribe");
  assert.equal(again.params.since, undefined);
  peer.tell({ id: again.id, error: { code: -32003, message: "no" } });
  assert.deepEqual([first.seen, second.seen], [[], ["answer -32003"]]);
  client.close();
});

test("a loop that is too slow leaves the channel, and goes on where it is", async () => {
  const server = new Server();
  const client = server.client();
  const loop = client.follow("orders", { buffer: 2 });
  const peer = await server.accept();
  let call = peer.call();
  peer.tell({ id: call.id, result: { id: "p1", outcome: "fresh" } });
  peer.message("orders", "", "p2", "a");
  call = peer.call();
  assert.equal(call.method, "push.unsubscribe");
  peer.message("orders", "", "p3", "b"); // of which nobody knows
  peer.position("p4");
  peer.tell({ id: call.id, result: {} });
  assert.deepEqual(peer.heard(), []);
  assert.deepEqual((await loop.next()).value, { kind: "live", outcome: "fresh" });
  assert.equal((await loop.next()).value.data, "a");
  call = peer.call();
  assert.equal(call.params.since, "p2");
  peer.message("orders", "", "p3", "b");
  peer.tell({ id: call.id, error: { code: -32053, message: "later" } }); // as long as Kafka is away
  assert.deepEqual(peer.heard(), []);
  assert.equal((await loop.next()).value.data, "b");
  await until(() => peer.socket.sent.length > 0);
  assert.equal(peer.call().params.since, "p3");
  await loop.return();
  assert.equal((await loop.next()).done, true);
  client.close();
});

test("what a newer token does not allow is told, and ends", async () => {
  const server = new Server();
  const client = server.client();
  const [orders, chat] = [log(), log()];
  client.subscribe("orders", { key: "1" }, orders);
  client.subscribe("chat", {}, chat);
  let peer = await server.accept();
  for (const call of peer.heard()) peer.tell({ id: call.id, result: { id: "p1", outcome: "fresh" } });
  const refreshed = client.refresh("token");
  const call = peer.call();
  assert.deepEqual([call.method, call.params], ["push.refresh", { token: "token" }]);
  peer.tell({ id: call.id, result: { expires: "2030-01-01T00:00:00Z", ended: ["orders/1"] } });
  assert.equal(await refreshed, "2030-01-01T00:00:00Z");
  assert.deepEqual([orders.seen, chat.seen], [["fresh", "answer -32003"], ["fresh"]]);
  peer.close(3005);
  peer = await server.accept();
  assert.deepEqual(peer.heard().map((one) => one.params.channel), ["chat"]);
  client.close();
});

test("a loop that was too slow for a replay misses nothing of it, however soon it goes on", async () => {
  const server = new Server();
  const client = server.client();
  const loop = client.follow("orders", { since: "p0", buffer: 2 });
  const peer = await server.accept();
  let call = peer.call();
  peer.message("orders", "", "p1", "a");
  peer.message("orders", "", "p2", "b");
  assert.deepEqual(peer.call().params, { requestId: call.id });
  peer.message("orders", "", "p3", "c"); // there was no room for it
  assert.equal((await loop.next()).value.data, "a");
  assert.equal((await loop.next()).value.data, "b");
  peer.message("orders", "", "p4", "d"); // there is, but "c" comes first
  peer.tell({ id: call.id, result: { id: "p4", outcome: "memory" } });
  peer.position("p5");
  call = peer.call();
  assert.equal(call.method, "push.unsubscribe");
  peer.tell({ id: call.id, result: {} });
  call = peer.call();
  assert.equal(call.params.since, "p2");
  peer.message("orders", "", "p3", "c");
  peer.message("orders", "", "p4", "d");
  peer.heard();
  peer.tell({ id: call.id, error: { code: -32800, message: "the call was interrupted" } });
  assert.equal((await loop.next()).value.data, "c");
  assert.equal((await loop.next()).value.data, "d");
  assert.equal(peer.call().params.since, "p4");
  client.close();
});
