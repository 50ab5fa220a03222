// What scenarios are made of.

export function same(got, want) {
  if (JSON.stringify(got) !== JSON.stringify(want)) throw new Error(`got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

export async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

export function connect({ Client, url, clients }, as = "ann") {
  const client = new Client(`${url}?as=${as}`, { heartbeat: 200, backoff: { first: 5, max: 50 } });
  clients.push(client);
  return client;
}

export const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);

export async function until(condition) {
  for (let i = 0; !condition(); i++) {
    if (i === 1000) throw new Error("it did not come");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
