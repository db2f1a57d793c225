// The client SDK over the JSON subprotocol.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SendMessageError, WebPubSubClient, WebPubSubJsonProtocol } from "@azure/web-pubsub-client";
import { Inbox, newHub, startClient, within } from "../kit.js";

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

test("off ends a listener", async (t) => {
  const hub = newHub();
  const a = await startClient(t, hub);
  const heard = [];
  const listener = (e) => heard.push(e.message.data);
  a.client.on("server-message", listener);
  await hub.sendToAll("one", { contentType: "text/plain" });
  assert.equal((await a.server.next()).data, "one");
  a.client.off("server-message", listener);
  await hub.sendToAll("two", { contentType: "text/plain" });
  assert.equal((await a.server.next()).data, "two");
  assert.deepEqual(heard, ["one"]);
});

test("every JSON value arrives as it was sent", async (t) => {
  const a = await startClient(t, newHub(), all);
  await a.client.joinGroup("g1");
  for (const value of [true, 0, -1.5, "", "é\u2028\u{1f600}", [], [[1]], { "": { a: null } }]) {
    await a.client.sendToGroup("g1", value, "json");
    const m = await a.group.next();
    assert.equal(m.dataType, "json");
    assert.deepEqual(m.data, value);
  }
});

test("sending needs no membership, leaving none either", async (t) => {
  const hub = newHub();
  const a = await startClient(t, hub, all);
  const b = await startClient(t, hub, { groups: ["g1"] });
  await a.client.sendToGroup("g1", "from outside", "text");
  const m = await b.group.next();
  assert.equal(m.data, "from outside");
  assert.equal(m.fromUserId ?? null, null);
  assert.equal((await a.client.leaveGroup("g1")).isDuplicated, false);
  assert.equal(a.group.size, 0);
});

test("the same ack id of joinGroup and leaveGroup again is a duplicate", async (t) => {
  const a = await startClient(t, newHub(), all);
  assert.equal((await a.client.joinGroup("g1", { ackId: 5000 })).isDuplicated, false);
  assert.equal((await a.client.joinGroup("g1", { ackId: 5000 })).isDuplicated, true);
  assert.equal((await a.client.leaveGroup("g1", { ackId: 5001 })).isDuplicated, false);
  assert.equal((await a.client.leaveGroup("g1", { ackId: 5001 })).isDuplicated, true);
});

test("a credential is asked for the URL at each start", async (t) => {
  const hub = newHub();
  let asked = 0;
  const client = new WebPubSubClient(
    { getClientAccessUrl: async () => (await hub.getClientAccessToken({ userId: `u${++asked}` })).url },
    { protocol: WebPubSubJsonProtocol(), autoReconnect: false });
  t.after(() => client.stop());
  const inbox = { connected: new Inbox(), stopped: new Inbox() };
  client.on("connected", (e) => inbox.connected.push(e));
  client.on("stopped", (e) => inbox.stopped.push(e));
  await client.start();
  const first = await inbox.connected.next("connected event");
  client.stop();
  await inbox.stopped.next("stopped event");
  await client.start();
  const second = await inbox.connected.next("connected event");
  assert.deepEqual([first.userId, second.userId], ["u1", "u2"]);
  assert.notEqual(first.connectionId, second.connectionId);
});

test("what was granted to a connection is gone after it: rejoin-group-failed", async (t) => {
  const hub = newHub();
  const a = await startClient(t, hub, {}, { autoReconnect: true, messageRetryOptions: { maxRetries: 0 } });
  await hub.grantPermission(a.connectionId, "joinLeaveGroup", { targetName: "g1" });
  await a.client.joinGroup("g1");
  const failed = new Promise((resolve) => a.client.on("rejoin-group-failed", resolve));
  await hub.closeConnection(a.connectionId);
  const e = await within(failed, "rejoin-group-failed event");
  assert.equal(e.group, "g1");
  assert.equal(e.error.errorDetail.name, "Forbidden");
});

test("a token of another hub, a broken one and none are refused", async () => {
  const hub = newHub();
  const other = newHub();
  const { token } = await other.getClientAccessToken();
  const { baseUrl } = await hub.getClientAccessToken();
  for (const url of [`${baseUrl}?access_token=${token}`, `${baseUrl}?access_token=nonsense`, baseUrl]) {
    const client = new WebPubSubClient(url, { protocol: WebPubSubJsonProtocol(), autoReconnect: false });
    await assert.rejects(client.start());
  }
});
