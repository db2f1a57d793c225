// The client SDK over the JSON subprotocol.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SendMessageError } from "@azure/web-pubsub-client";
import { newHub, startClient } from "../kit.js";

const all = { roles: ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"] };

test("start tells connection and user", async (t) => {
  const c = await startClient(t, newHub(), { userId: "u1" });
  assert.ok(c.connectionId.length > 0);
  assert.equal(c.userId, "u1");
});

test("joinGroup, sendToGroup with acks, leaveGroup", async (t) => {
  const hub = newHub();
  const a = await startClient(t, hub, { userId: "ua", ...all });
  const b = await startClient(t, hub, { userId: "ub", ...all });
  const joined = await a.client.joinGroup("g1");
  assert.equal(joined.isDuplicated, false);
  await b.client.joinGroup("g1");
  const sent = await a.client.sendToGroup("g1", "hello", "text");
  assert.equal(sent.isDuplicated, false);
  for (const c of [a, b]) {
    const m = await c.group.next();
    assert.equal(m.data, "hello");
    assert.equal(m.dataType, "text");
    assert.equal(m.group, "g1");
    assert.equal(m.fromUserId, "ua");
  }
  await b.client.leaveGroup("g1");
  await a.client.sendToGroup("g1", { n: [1, null, "x"] }, "json");
  assert.deepEqual((await a.group.next()).data, { n: [1, null, "x"] });
  await hub.sendToAll("end", { contentType: "text/plain" });
  await b.server.next();
  assert.equal(b.group.size, 0);
});

test("binary content arrives byte for byte", async (t) => {
  const a = await startClient(t, newHub(), all);
  await a.client.joinGroup("g1");
  const bytes = new Uint8Array([0, 1, 127, 128, 255]);
  await a.client.sendToGroup("g1", bytes.buffer, "binary");
  const m = await a.group.next();
  assert.equal(m.dataType, "binary");
  assert.deepEqual(new Uint8Array(m.data), bytes);
});

test("noEcho leaves out the sender", async (t) => {
  const hub = newHub();
  const a = await startClient(t, hub, all);
  const b = await startClient(t, hub, all);
  await a.client.joinGroup("g1");
  await b.client.joinGroup("g1");
  await a.client.sendToGroup("g1", "quiet", "text", { noEcho: true });
  await a.client.sendToGroup("g1", "loud", "text");
  assert.equal((await a.group.next()).data, "loud");
  assert.equal((await b.group.next()).data, "quiet");
  assert.equal((await b.group.next()).data, "loud");
});

test("the same ack id again is a duplicate and not delivered twice", async (t) => {
  const a = await startClient(t, newHub(), all);
  await a.client.joinGroup("g1");
  const first = await a.client.sendToGroup("g1", "once", "text", { ackId: 4711 });
  const again = await a.client.sendToGroup("g1", "once", "text", { ackId: 4711 });
  assert.equal(first.isDuplicated, false);
  assert.equal(again.isDuplicated, true);
  await a.client.sendToGroup("g1", "end", "text");
  assert.equal((await a.group.next()).data, "once");
  assert.equal((await a.group.next()).data, "end");
});

test("without the role joining and sending are forbidden", async (t) => {
  const a = await startClient(t, newHub(), { roles: ["webpubsub.joinLeaveGroup.g1"] }, { messageRetryOptions: { maxRetries: 0 } });
  const forbidden = (e) => e instanceof SendMessageError && e.errorDetail?.name === "Forbidden";
  await a.client.joinGroup("g1");
  await assert.rejects(a.client.joinGroup("g2"), forbidden);
  await assert.rejects(a.client.sendToGroup("g1", "x", "text"), forbidden);
});

test("fire and forget", async (t) => {
  const a = await startClient(t, newHub(), all);
  await a.client.joinGroup("g1");
  await a.client.sendToGroup("g1", "no ack", "text", { fireAndForget: true });
  assert.equal((await a.group.next()).data, "no ack");
});

test("groups in the token are joined from the start", async (t) => {
  const hub = newHub();
  const a = await startClient(t, hub, { groups: ["g1"] });
  await hub.group("g1").sendToAll("hi", { contentType: "text/plain" });
  assert.equal((await a.group.next()).data, "hi");
});

test("the service tells why it disconnects", async (t) => {
  const hub = newHub();
  const a = await startClient(t, hub);
  await hub.closeConnection(a.connectionId, { reason: "maintenance" });
  const e = await a.disconnected.next("disconnected event");
  assert.equal(e.connectionId, a.connectionId);
  assert.match(e.message.message, /maintenance/);
  await a.stopped.next("stopped event");
});

test("after a cut the client reconnects and joins its groups again", async (t) => {
  const hub = newHub();
  const a = await startClient(t, hub, { userId: "u1", ...all }, { autoReconnect: true, autoRejoinGroups: true });
  await a.client.joinGroup("g1");
  const again = new Promise((resolve) => a.client.on("connected", resolve));
  await hub.closeConnection(a.connectionId);
  const e = await again;
  assert.notEqual(e.connectionId, a.connectionId);
  while (!(await hub.groupExists("g1"))) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await hub.group("g1").sendToAll("back", { contentType: "text/plain" });
  assert.equal((await a.group.next()).data, "back");
});

test("stop ends the connection", async (t) => {
  const hub = newHub();
  const a = await startClient(t, hub);
  a.client.stop();
  await a.stopped.next("stopped event");
  while (await hub.connectionExists(a.connectionId)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});
