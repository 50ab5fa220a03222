// Effect's own RPC client, as it comes from npm, against a hub.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Effect, Exit, Fiber, Layer, Schema, Stream } from "effect";
import { Rpc, RpcClient, RpcGroup, RpcSerialization } from "effect/rpc";
import { Socket } from "effect/socket";

const at = process.env.MILLRACE_STAGE;
const ask = async (what) => (await fetch(`${at}/control/${what}`, { method: "POST" })).json();
const told = (what) => Effect.promise(() => ask(what));

const Problem = Schema.Struct({ type: Schema.String, title: Schema.String, status: Schema.Number, detail: Schema.optional(Schema.String) });
const Failure = Schema.Struct({ code: Schema.Number, message: Schema.String, data: Schema.optional(Problem) });

const Stage = RpcGroup.make(
  Rpc.make("math.add", { payload: { a: Schema.Number, b: Schema.Number }, success: Schema.Number, error: Failure }),
  Rpc.make("who", { payload: {}, success: Schema.String }),
  Rpc.make("refuse", { payload: Schema.String, success: Schema.Number, error: Failure }),
  Rpc.make("hang", { payload: {}, success: Schema.Number, error: Failure }),
  Rpc.make("note", { payload: Schema.String, success: Schema.String, error: Failure }),
  Rpc.make("nothing", { payload: {}, success: Schema.Number, error: Failure }),
  Rpc.make("count", { payload: Schema.Number, success: Schema.Struct({ n: Schema.Number, text: Schema.String }), error: Failure, stream: true }),
);

const protocol = RpcClient.layerProtocolSocket().pipe(
  Layer.provide(Socket.layerWebSocket(`${at.replace("http", "ws")}/socket`)),
  Layer.provide([RpcSerialization.layerJsonRpc(), Socket.layerWebSocketConstructorGlobal]),
);

function played(name, program) {
  test(name, { timeout: 20_000 }, () => Effect.runPromise(
    RpcClient.make(Stage).pipe(Effect.flatMap(program), Effect.scoped, Effect.provide(protocol)),
  ));
}

played("it calls methods, and many at once", (client) => Effect.gen(function* () {
  assert.equal(yield* client["math.add"]({ a: 1, b: 2 }), 3);
  assert.equal(yield* client.who({}), "ann");
  const sums = yield* Effect.all(Array.from({ length: 50 }, (_, n) => client["math.add"]({ a: n, b: n })), { concurrency: "unbounded" });
  assert.deepEqual(sums, Array.from({ length: 50 }, (_, n) => 2 * n));
}));

played("a problem is a typed error", (client) => Effect.gen(function* () {
  const error = yield* Effect.flip(client.refuse("A-1"));
  assert.deepEqual(error, {
    code: -32009, message: "A-1 is sold",
    data: { type: "https://example.com/sold", title: "Conflict", status: 409, detail: "A-1 is sold" },
  });
  assert.equal((yield* Effect.flip(client.nothing({}))).code, -32601);
}));

played("a call that is interrupted ends at the server", (client) => Effect.gen(function* () {
  const fiber = yield* Effect.forkChild(client.hang({}));
  yield* client.who({});
  yield* Fiber.interrupt(fiber);
  assert.equal(yield* told("ended"), "interrupted");
}));

played("a discarded call is acknowledged when it begins, and still done", (client) => Effect.gen(function* () {
  yield* client.note("one", { discard: true });
  assert.equal(yield* told("ended"), "noted one");
  assert.equal((yield* Effect.flip(client.nothing({}, { discard: true }))).code, -32601);
  assert.equal(yield* client.note("two"), "two");
  assert.equal(yield* told("ended"), "noted two");
}));

played("a stream comes whole and in order, and ends with its error", (client) => Effect.gen(function* () {
  yield* told("made");
  const all = yield* Stream.runCollect(client.count(700));
  assert.deepEqual(all.map((value) => value.n), Array.from({ length: 700 }, (_, n) => n));
  assert.deepEqual([yield* told("ended"), yield* told("made")], ["done", 700]);
  const seen = [];
  const error = yield* Effect.flip(Stream.runForEach(client.count(2000), (value) => Effect.sync(() => seen.push(value.n))));
  assert.deepEqual([seen.length, error.code, error.data.status, yield* told("ended")], [1000, -32009, 409, "done"]);
}));

played("a stream makes no more than is taken, and is cancelled", (client) => Effect.gen(function* () {
  yield* told("made");
  const exit = yield* Effect.exit(Stream.runForEach(client.count(-1, { streamBufferSize: 16 }), (value) => (
    value.n === 5 ? Effect.flatMap(told("made"), (made) => (made < 1500 ? Effect.interrupt : Effect.die(`${made} were made`))) : Effect.void
  )));
  assert.ok(Exit.hasInterrupts(exit), String(exit));
  assert.equal(yield* told("ended"), "interrupted");
  const some = yield* client.count(-1).pipe(Stream.take(1500), Stream.runCollect);
  assert.equal(some.at(-1).n, 1499);
  assert.equal(yield* told("ended"), "interrupted");
}));
