import assert from "node:assert/strict";
import { test } from "node:test";
import { Server } from "./fake.mjs";

test("calls are answered, refused, given up and lost", async () => {
  const server = new Server();
  const client = server.client();
  const early = client.call("early", { a: 1 });
  let peer = await server.accept();
  let call = peer.call();
  assert.deepEqual([call.method, call.params], ["early", { a: 1 }]);
  peer.tell({ id: call.id, result: 3 });
  assert.equal(await early, 3);

  const refused = client.call("x", null);
  const problem = { type: "about:blank", title: "Conflict", status: 409, detail: "it is sold" };
  peer.tell({ id: peer.call().id, error: { code: -32009, message: "it is sold", data: problem } });
  await assert.rejects(refused, { name: "PushError", reason: "answer", code: -32009, message: "it is sold", problem });

  const given = new AbortController();
  const aborted = client.call("x", null, { signal: given.signal });
  call = peer.call();
  given.abort(new Error("enough"));
  await assert.rejects(aborted, { message: "enough" });
  assert.deepEqual(peer.call(), { jsonrpc: "2.0", method: "@effect/rpc/Interrupt", params: { requestId: call.id } });
  peer.tell({ id: call.id, result: "late" });
  await assert.rejects(client.call("x", null, { signal: given.signal }), { message: "enough" });

  await assert.rejects(client.call("x", null, { timeout: 5 }), { reason: "timeout" });
  assert.deepEqual(peer.heard().map((one) => one.method), ["x", "@effect/rpc/Interrupt"]);
  await assert.rejects(client.call("x", 1n), TypeError);

  const lost = client.call("x", null);
  peer.close(1006);
  await assert.rejects(lost, { reason: "lost", code: 1006 });
  const waits = client.call("waits", null);
  const never = client.call("never", null, { timeout: 0 });
  await assert.rejects(never, { reason: "timeout" });
  peer = await server.accept();
  call = peer.call();
  assert.equal(call.method, "waits");
  client.close();
  await assert.rejects(waits, { reason: "closed" });
});

test("a call that waits for a connection ends with the client", async () => {
  const client = new Server().client();
  const waits = client.call("waits", null);
  const stream = client.stream("waits", null);
  client.close();
  await assert.rejects(waits, { reason: "closed" });
  await assert.rejects(stream.next(), { reason: "closed" });
});

test("a stream is acknowledged as it is taken", async () => {
  const server = new Server();
  const client = server.client();
  const stream = client.stream("count", 4);
  const peer = await server.accept();
  const { id } = peer.call();
  peer.tell({ id, chunk: true, result: [1, 2] });
  assert.equal((await stream.next()).value, 1);
  assert.deepEqual(peer.heard(), []);
  assert.equal((await stream.next()).value, 2);
  assert.deepEqual(peer.call(), { jsonrpc: "2.0", method: "@effect/rpc/Ack", params: { requestId: id } });
  peer.tell({ id, chunk: true, result: [3] });
  peer.tell({ id, error: { code: -32009, message: "enough" } });
  assert.equal((await stream.next()).value, 3, "values come before the error");
  await assert.rejects(stream.next(), { code: -32009 });
  assert.equal((await stream.next()).done, true);
  assert.deepEqual(peer.heard(), [], "the server waits for nothing any more");
  client.close();
});

test("leaving a loop, and a signal, interrupt the stream", async () => {
  const server = new Server();
  const client = server.client();
  const peer = await server.accept();
  const loop = (async () => {
    for await (const value of client.stream("count", -1)) if (value === 2) break;
  })();
  let { id } = peer.call();
  peer.tell({ id, chunk: true, result: [1, 2, 3] });
  await loop;
  assert.deepEqual(peer.heard().map((one) => one.method), ["@effect/rpc/Interrupt"]);

  const given = new AbortController();
  const stream = client.stream("count", -1, { signal: given.signal });
  ({ id } = peer.call());
  peer.tell({ id, chunk: true, result: [1, 2, 3] });
  given.abort(new Error("enough"));
  await assert.rejects(stream.next(), { message: "enough" });
  assert.deepEqual(peer.heard().map((one) => one.method), ["@effect/rpc/Interrupt"]);

  const cut = client.stream("count", -1);
  peer.close(3001);
  await assert.rejects(cut.next(), { reason: "lost", code: 3001 });
  client.close();
});

test("a history is asked for, and its bytes are bytes", async () => {
  const server = new Server();
  const client = server.client();
  const asked = client.history("blobs", { key: "k", limit: 2 });
  const peer = await server.accept();
  const call = peer.call();
  assert.deepEqual([call.method, call.params], ["push.history", { channel: "blobs", key: "k", limit: 2 }]);
  const messages = [{ channel: "blobs", key: "k", id: "p1", base64: "AP8=" }, { channel: "blobs", key: "k", id: "p2", data: "x" }];
  peer.tell({ id: call.id, result: { messages, id: "p9" } });
  const recent = await asked;
  assert.deepEqual([[...recent.messages[0].data], recent.messages[1].data, recent.messages[1].id, recent.id], [[0, 255], "x", "p2", "p9"]);
  client.history("blobs").catch(() => undefined);
  assert.deepEqual(peer.call().params, { channel: "blobs", key: "" });
  client.close();
});
