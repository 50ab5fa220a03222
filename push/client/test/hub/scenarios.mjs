// What a client does with a hub, in Node and in browsers. Each is called with the client's class, the WebSocket's address, and `ask`, by which
// the test controls the server.

import { connect, failure, range, same, until } from "./play.mjs";
import { questions } from "./questions.mjs";

/** Plays a scenario, and closes its clients. */
export async function play(name, stage) {
  const clients = [];
  try {
    await scenarios[name]({ ...stage, clients });
  } finally {
    for (const client of clients) client.close();
  }
}

export const scenarios = {
  async "calls are answered, refused, given up and time out"(stage) {
    const client = connect(stage);
    same(await client.call("math.add", { a: 1, b: 2 }), 3);
    same(await Promise.all(range(0, 50).map((n) => client.call("math.add", { a: n, b: n }))), range(0, 50).map((n) => 2 * n));
    same(await client.call("who", {}), "ann");
    const sold = await failure(client.call("refuse", "A-1"));
    same([sold.name, sold.reason, sold.code, sold.problem.type, sold.problem.detail],
      ["PushError", "answer", -32009, "https://example.com/sold", "A-1 is sold"]);
    same((await failure(client.call("math.add", { a: "x" }))).code, -32602);
    same((await failure(client.call("nothing", {}))).code, -32601);
    const given = new AbortController();
    const hangs = failure(client.call("hang", {}, { signal: given.signal }));
    await client.call("who", {}); // the call is under way
    given.abort(new Error("enough"));
    same([(await hangs).message, await stage.ask("ended")], ["enough", "interrupted"]);
    same([(await failure(client.call("hang", {}, { timeout: 30 }))).reason, await stage.ask("ended")], ["timeout", "interrupted"]);
    const lost = failure(client.call("hang", {}));
    await client.call("who", {});
    await stage.ask("cut");
    same([(await lost).reason, await stage.ask("ended")], ["lost", "disconnected"]);
    same(await client.call("math.add", { a: 2, b: 2 }), 4);
  },

  async "a stream's values come in order, and are made as they are taken"(stage) {
    const client = connect(stage);
    const seen = [];
    for await (const value of client.stream("count", 700)) seen.push(value.n);
    same([seen, await stage.ask("ended"), await stage.ask("made")], [range(0, 700), "done", 700]);
    const some = [];
    const error = await failure((async () => {
      for await (const value of client.stream("count", 2000)) some.push(value.n);
    })());
    same([some, error.code, error.problem.detail, await stage.ask("ended")], [range(0, 1000), -32009, "enough", "done"]);
    await stage.ask("made");

    const slow = client.stream("count", -1);
    same((await slow.next()).value.n, 0);
    await client.call("who", {});
    await client.call("who", {});
    const made = await stage.ask("made");
    if (made > 600) throw new Error(`${made} values were made and one was taken`);
    await slow.return();
    same(await stage.ask("ended"), "interrupted");

    let taken = 0;
    for await (const value of client.stream("count", -1)) if ((taken = value.n) === 1500) break;
    same([taken, await stage.ask("ended")], [1500, "interrupted"]);
    const given = new AbortController();
    const aborted = failure((async () => {
      for await (const value of client.stream("count", -1, { signal: given.signal })) if (value.n === 400) given.abort(new Error("enough"));
    })());
    same([(await aborted).message, await stage.ask("ended")], ["enough", "interrupted"]);
  },

  async "a channel goes on over restarts, without a gap or a double"(stage) {
    const client = connect(stage);
    const outcomes = [];
    const [all, mine] = [[], []];
    let waiting = () => undefined;
    const live = new Promise((resolve) => (waiting = resolve));
    client.subscribe("items", { key: "a" }, { message: (m) => mine.push(m.data.n), live: (how) => outcomes.push(how) });
    client.subscribe("items", { key: "b" }, { message: (m) => all.push(m), live: waiting });
    await live;
    let n = 0;
    const publish = async (many) => {
      await stage.ask(`publish?key=b&from=${n}&to=${n + many}`);
      await stage.ask(`publish?key=a&from=${n}&to=${n + many}`);
      n += many;
    };
    const arrived = () => until(() => mine.length >= n && all.length >= n);
    for (let round = 0; round < 6; round++) {
      await publish(5);
      if (round % 2 === 0) {
        const stopping = stage.ask("stop");
        await publish(20);
        await stopping;
        await publish(20);
        await stage.ask("start");
      } else {
        await stage.ask("cut");
        await publish(20);
      }
      await arrived();
    }
    same([mine, all.map((m) => m.data.n)], [range(0, n), range(0, n)]);
    same([all[7].channel, all[7].key, all[7].data.text], ["items", "b", "ä\u2028<7"]);
    if (outcomes[0] !== "fresh" || outcomes.length < 7 || outcomes.slice(1).some((how) => how !== "memory" && how !== "kafka")) {
      throw new Error(`outcomes ${outcomes}`);
    }
  },

  async "a gap is told by a reset"(stage) {
    const client = connect(stage);
    const events = client.follow("items", { key: "gap" });
    same((await events.next()).value, { kind: "live", outcome: "fresh" });
    await stage.ask("publish?key=gap&from=0&to=1");
    same((await events.next()).value.data.n, 0);
    await stage.ask("stop");
    await stage.ask("publish?key=gap&from=1&to=3");
    await stage.ask("forget");
    same((await events.next()).value, { kind: "live", outcome: "reset" });
    await stage.ask("publish?key=gap&from=3&to=4");
    same((await events.next()).value.data.n, 3);
    await events.return();
    await stage.ask("stop");
    await stage.ask("start");
  },

  async "a loop that is slower than the channel has all of it"(stage) {
    const client = connect(stage);
    const events = client.follow("items", { key: "slow", buffer: 10 });
    await events.next();
    await stage.ask("publish?key=slow&from=0&to=300");
    const seen = [];
    for await (const event of events) {
      if (event.kind !== "message") continue;
      seen.push(event.data.n);
      if (event.data.n === 299) break;
    }
    same(seen, range(0, 300));
  },

  async "what is published comes to who follows, and what may not be is refused"(stage) {
    const [one, other] = [connect(stage), connect(stage)];
    const events = other.follow("items", { key: "room" });
    const bytes = other.follow("blobs");
    await events.next();
    await bytes.next();
    await Promise.all(range(0, 20).map((n) => one.publish("items", "room", { n, text: "hello" })));
    for (const n of range(0, 20)) same((await events.next()).value.data, { n, text: "hello" });
    await one.publish("blobs", "k", new Uint8Array([0, 255, 10]));
    same([...(await bytes.next()).value.data], [0, 255, 10]);
    same((await failure(one.publish("quiets", "k", "x"))).problem.status, 403);
    same((await failure(one.publish("items", "room", { n: "x" }))).problem.status, 422);
    const refused = await failure(one.follow("NONE").next());
    same([refused.reason, refused.code], ["answer", -32602]);
    other.close();
    same((await failure(events.next())).reason, "closed");
  },

  ...questions,
};
