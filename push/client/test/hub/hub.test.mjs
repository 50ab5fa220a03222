import { test } from "node:test";
import { Client } from "../../dist/index.js";
import { play, scenarios } from "./scenarios.mjs";

const at = process.env.MILLRACE_STAGE;
const stage = {
  Client,
  url: `${at.replace("http", "ws")}/socket`,
  ask: async (what) => (await fetch(`${at}/control/${what}`, { method: "POST" })).json(),
};

for (const name of Object.keys(scenarios)) {
  test(name, { timeout: 30_000 }, () => play(name, stage));
}
