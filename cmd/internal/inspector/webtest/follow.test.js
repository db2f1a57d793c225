import assert from "node:assert/strict";
import { test } from "node:test";
import { Api, ApiError } from "../web/api.js";
import { delay, Follower, Lines, objects } from "../web/follow.js";

const encode = (text) => new TextEncoder().encode(text);

test("lines are cut anywhere, also in a character", () => {
  const lines = new Lines();
  const whole = encode('{"a":"é"}\n\n{"b":1}\n{"c"');
  const found = [];
  for (const byte of whole) found.push(...lines.push(Uint8Array.of(byte)));
  assert.deepEqual(found, ['{"a":"é"}', '{"b":1}']);
  assert.deepEqual(lines.push(encode(":2}\n")), ['{"c":2}']);
});

test("keep-alive lines are left out, broken ones become a note", () => {
  const all = objects(['{"type":"alive"}', '{"type":"message","id":1}', "{oops", "7", "null"]);
  assert.deepEqual(all.map((e) => e.type), ["message", "note"]);
  assert.match(all[1].reason, /not JSON: \{oops/);
});

test("delays grow to a limit", () => {
  assert.deepEqual([0, 1, 2, 10, 1000].map((n) => delay(n, 1)), [400, 800, 1600, 5000, 5000]);
  assert.equal(delay(0, 0), 200);
});

/** Returns an api whose info and streams are those of the list, one after another. */
function fakeApi(script) {
  const asked = [];
  return {
    asked,
    async get(path) {
      asked.push(path);
      const step = script[0];
      if (!step) return new Promise(() => {});
      if (step.error) throw script.shift().error;
      return { run: step.run };
    },
    async open(path) {
      asked.push(path);
      const step = script.shift();
      return { body: new ReadableStream({ start: (c) => (step.lines.forEach((l) => c.enqueue(encode(`${JSON.stringify(l)}\n`))), c.close()) }) };
    },
  };
}

test("a lost server is found again, another run starts anew", { timeout: 20_000 }, async () => {
  const api = fakeApi([
    { run: "a", lines: [{ type: "opened", id: 1 }] }, { error: new ApiError("the server does not answer", 0) },
    { run: "a", lines: [{ type: "closed", id: 2 }] }, { run: "b", lines: [{ type: "opened", id: 1 }] }, { error: new ApiError("stale", 401) },
  ]);
  let last = 0;
  const said = [];
  const follower = new Follower(api, () => last, {
    info: (i) => said.push(`info ${i.run}`),
    reset: () => (said.push("reset"), (last = 0)),
    events: (batch) => (said.push(batch.map((e) => `${e.type} ${e.id}`).join()), (last = batch.at(-1).id)),
    state: (name) => (said.push(name), name === "lost" && setTimeout(() => follower.retry())),
  });
  await follower.run();
  assert.deepEqual(said, ["info a", "live", "opened 1", "lost", "lost", "info a", "live", "closed 2", "lost", "reset", "info b", "live", "opened 1", "lost", "stale"]);
  assert.deepEqual(api.asked.filter((p) => p.startsWith("stream")), ["stream?after=0", "stream?after=1", "stream?after=0"]);
});

test("a follower that is stopped ends", { timeout: 20_000 }, async () => {
  const follower = new Follower(fakeApi([{ error: new ApiError("no", 0) }]), () => 0, { state: () => follower.stop(), info() {}, reset() {}, events() {} });
  await follower.run();
});

test("requests carry the token, and failures say what the server said", async () => {
  let sent;
  const answer = (status, body) => new Api(new URL("http://localhost/_ui/api/"), "secret", async (url, options) => ((sent = { url: url.href, ...options }), new Response(body, { status })));
  assert.deepEqual(await answer(200, '{"ok":true}').post("run", { a: 1 }), { ok: true });
  assert.equal(sent.url, "http://localhost/_ui/api/run");
  assert.equal(sent.headers.Authorization, "Bearer secret");
  assert.equal(sent.headers["Content-Type"], "application/json");
  await assert.rejects(answer(401, '{"error":"token: old","hint":"open the new address"}').get("info"), (e) => e.stale && e.hint === "open the new address" && e.message === "token: old");
  await assert.rejects(answer(500, "oops").get("info"), { message: "oops", status: 500 });
  await assert.rejects(answer(502, "").get("info"), { message: "the server answered 502" });
  await assert.rejects(answer(200, "<html>").get("info"), /not JSON/);
  const lost = new Api(new URL("http://localhost/"), "x", () => Promise.reject(new TypeError("fetch failed")));
  await assert.rejects(lost.get("info"), { message: "the server does not answer", status: 0 });
});
