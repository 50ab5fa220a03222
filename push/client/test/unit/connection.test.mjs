import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, PushError } from "../../dist/index.js";
import { Server, until } from "./fake.mjs";

test("it comes back after these statuses, and not after those", async () => {
  for (const code of [1001, 1006, 1012, 3001, 3005, 3008, 3012, 3013, 3014]) {
    const server = new Server();
    const client = server.client();
    (await server.accept()).close(code);
    await server.accept();
    client.close();
    assert.equal(server.sockets.at(-1).closed, true);
  }
  const server = new Server();
  const states = [];
  const client = server.client({ onState: (state) => states.push(state) });
  const call = client.call("x", {});
  (await server.accept()).close(3503);
  await assert.rejects(call, (error) => error instanceof PushError && error.reason === "closed" && error.code === 3503);
  assert.throws(() => client.subscribe("orders", {}, { message() {} }), { code: 3503 });
  await assert.rejects(client.call("x", {}), { code: 3503 });
  assert.deepEqual(states, ["connecting", "open", "closed"]);
});

test("it waits as long as the server says", async () => {
  const server = new Server();
  const client = server.client();
  const peer = await server.accept();
  peer.tell({ method: "push.drain", params: { retry_ms: 150 } });
  peer.close(3001);
  const began = performance.now();
  (await server.accept()).close(1006);
  assert.ok(performance.now() - began >= 145);
  const again = performance.now();
  await server.accept();
  assert.ok(performance.now() - again < 100, "that was for once");
  client.close();
});

test("a silent server is asked, and given up", async () => {
  const server = new Server();
  const client = server.client({ heartbeat: 40 });
  const peer = await server.accept();
  await until(() => peer.socket.sent.length > 0);
  assert.equal(peer.call().method, "@effect/rpc/Ping");
  peer.tell({ method: "@effect/rpc/Pong" });
  await until(() => peer.socket.sent.length > 0); // nothing comes back
  const asked = performance.now();
  await server.accept();
  assert.ok(performance.now() - asked >= 40);
  assert.equal(peer.socket.closed, true);
  client.close();
});

test("an address is asked for each time, and one that hangs is given up", async () => {
  const server = new Server();
  let asked = 0;
  const address = () => {
    asked++;
    if (asked === 1) throw new Error("no ticket");
    return asked === 2 ? new Promise(() => undefined) : `ws://server/${asked}`;
  };
  const why = [];
  const client = new Client(address, {
    WebSocket: server.WebSocket, connectTimeout: 20, backoff: { first: 1, max: 1 },
    onState: (state, error) => state === "waiting" && why.push(error.cause?.message ?? error.message),
  });
  const peer = await server.accept();
  assert.equal(peer.socket.url, "ws://server/3");
  assert.deepEqual(why, ["no ticket", "connecting took too long"]);
  client.close();
});

test("an attempt that fails is followed by another one, with or without a close", async () => {
  const server = new Server();
  const client = server.client();
  await until(() => server.sockets.length === 1);
  server.sockets[0].met = true;
  server.sockets[0].onerror({});
  server.sockets[0].onclose({ code: 1006 });
  await server.accept();
  assert.equal(server.sockets.length, 2);
  client.close();
});
