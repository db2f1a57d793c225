// The client SDK over the reliable JSON subprotocol, with its TCP connection cut
// in the middle of a stream.
import assert from "node:assert/strict";
import { test } from "node:test";
import { WebPubSubJsonReliableProtocol } from "@azure/web-pubsub-client";
import { newHub, startClient, startProxy, within } from "../kit.js";

const all = { roles: ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"] };
const reliable = { protocol: WebPubSubJsonReliableProtocol(), autoReconnect: true };

test("start, joinGroup, sendToGroup, leaveGroup", async (t) => {
  const a = await startClient(t, newHub(), { userId: "u1", ...all }, reliable);
  assert.equal(a.userId, "u1");
  await a.client.joinGroup("g1");
  for (let i = 0; i < 10; i++) {
    await a.client.sendToGroup("g1", { i }, "json");
  }
  for (let i = 0; i < 10; i++) {
    const m = await a.group.next();
    assert.deepEqual(m.data, { i });
    assert.equal(m.sequenceId, i + 1);
  }
  await a.client.leaveGroup("g1");
});

test("after each cut everything arrives, once, in order", async (t) => {
  const total = 3000;
  const proxy = await startProxy(t);
  const direct = newHub();
  const through = newHub({}, { port: proxy.port, hub: direct.hubName });
  const a = await startClient(t, through, { userId: "u1", groups: ["g1"] }, reliable);
  const seen = [];
  let cuts = 0;
  const done = new Promise((resolve) => {
    a.client.on("group-message", ({ message }) => {
      seen.push(message.data.n);
      if (message.data.n === total - 1) resolve();
      if (seen.length % 500 === 100) {
        cuts += proxy.cut();
      }
    });
  });
  const group = direct.group("g1");
  for (let n = 0; n < total; n++) {
    await group.sendToAll({ n });
  }
  await within(done, "last message", 60_000);
  assert.deepEqual(seen, Array.from({ length: total }, (_, n) => n));
  assert.ok(cuts >= 5, `the connection was cut ${cuts} times`);
  assert.equal(a.disconnected.size, 0);
  assert.equal(await direct.connectionExists(a.connectionId), true);
});

test("what is sent around a cut is done once", async (t) => {
  const total = 500;
  const proxy = await startProxy(t);
  const direct = newHub();
  const through = newHub({}, { port: proxy.port, hub: direct.hubName });
  const reader = await startClient(t, direct, { groups: ["g1"] });
  const a = await startClient(t, through, all, {
    ...reliable,
    messageRetryOptions: { maxRetries: 100, retryDelayInMs: 10, maxRetryDelayInMs: 100, mode: "Fixed" },
  });
  const sent = [];
  let cuts = 0;
  for (let n = 0; n < total; n++) {
    if (n % 100 === 50) cuts += proxy.cut();
    sent.push(a.client.sendToGroup("g1", String(n), "text", { noEcho: true }));
    if (n % 20 === 0) await within(Promise.all(sent), "acks", 60_000);
  }
  await within(Promise.all(sent), "acks", 60_000);
  const arrived = new Set();
  for (let n = 0; n < total; n++) {
    arrived.add((await reader.group.next()).data);
  }
  assert.equal(arrived.size, total, "something arrived twice");
  assert.equal(reader.group.size, 0);
  assert.ok(cuts >= 5, `the connection was cut ${cuts} times`);
});

test("closed by the server: told why, and not recovered", async (t) => {
  const hub = newHub();
  const a = await startClient(t, hub, {}, { ...reliable, autoReconnect: false });
  await hub.closeConnection(a.connectionId, { reason: "maintenance" });
  const e = await a.disconnected.next("disconnected event");
  assert.match(e.message.message, /maintenance/);
  await a.stopped.next("stopped event");
  assert.equal(await hub.connectionExists(a.connectionId), false);
});
