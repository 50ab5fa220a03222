// Effect's RPC client on a group that was generated: what it allows, what it does not, and what comes of it.
import { Effect, Layer, Stream } from "effect";
import { RpcClient, RpcSerialization } from "effect/rpc";
import { Socket } from "effect/socket";
import { type ItemsView, Procedures } from "./api.js";

declare const process: { argv: string[] };
declare const console: { log(text: string): void };

const protocol = RpcClient.layerProtocolSocket().pipe(
  Layer.provide(Socket.layerWebSocket(process.argv[2] ?? "")),
  Layer.provide([RpcSerialization.layerJsonRpc(), Socket.layerWebSocketConstructorGlobal]),
);

const program = Effect.gen(function* () {
  const client = yield* RpcClient.make(Procedures);
  const sum: number = yield* client["math.add"]({ a: 1, b: 2 });
  const who: string = yield* client.who({});
  const items: ItemsView[] = yield* client.count(3).pipe(Stream.runCollect);
  const code = yield* client.refuse("A-1").pipe(
    Effect.catchIf((error) => "code" in error, (failure) => Effect.succeed(failure.data?.status ?? failure.code)),
  );
  const unsent = yield* Effect.exit(client["math.add"]({ a: 1, b: Number.NaN }));
  return [sum, who, items.map((item) => item.n), code, unsent._tag];
});

type Calls = RpcClient.FromGroup<typeof Procedures>;

export function refused(client: Calls): void {
  // @ts-expect-error these are not its params
  client["math.add"]({ a: "1", b: 2 });
  // @ts-expect-error there is no such method
  client.nothing({});
  // @ts-expect-error its result is a number
  client.refuse("A-1").pipe(Effect.map((result) => result.length));
}

console.log(JSON.stringify(await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(protocol)))));
