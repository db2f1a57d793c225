// Every method of the server SDK that the emulator has.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AzureKeyCredential, WebPubSubServiceClient, odata } from "@azure/web-pubsub";
import { connectionString, newHub, startClient } from "../kit.js";

/** Collects the last answer's status through the SDK's own hook. */
function status() {
  const seen = {};
  return { seen, options: { onResponse: (r) => Object.assign(seen, { status: r.status, headers: r.headers }) } };
}

test("sendToAll: text, JSON and binary, excluded connections", async (t) => {
  const hub = newHub();
  const a = await startClient(t, hub);
  const b = await startClient(t, hub);
  const { seen, options } = status();
  await hub.sendToAll("hello", { contentType: "text/plain", ...options });
  assert.equal(seen.status, 202);
  assert.ok(seen.headers.get("api-supported-versions").includes("2024-12-01"));
  await hub.sendToAll({ n: 1, s: "é" });
  await hub.sendToAll(Buffer.from([0, 1, 255]));
  await hub.sendToAll("only b", { contentType: "text/plain", excludedConnections: [a.connectionId] });
  await hub.sendToAll("last", { contentType: "text/plain" });
  for (const c of [a, b]) {
    const first = await c.server.next();
    assert.equal(first.dataType, "text");
    assert.equal(first.data, "hello");
    assert.deepEqual((await c.server.next()).data, { n: 1, s: "é" });
    const bytes = await c.server.next();
    assert.equal(bytes.dataType, "binary");
    assert.deepEqual(Buffer.from(bytes.data), Buffer.from([0, 1, 255]));
  }
  assert.equal((await b.server.next()).data, "only b");
  assert.equal((await b.server.next()).data, "last");
  assert.equal((await a.server.next()).data, "last");
});

test("sendToUser reaches every connection of a user and nobody else", async (t) => {
  const hub = newHub();
  const one = await startClient(t, hub, { userId: "u 1" });
  const two = await startClient(t, hub, { userId: "u 1" });
  const other = await startClient(t, hub, { userId: "u2" });
  await hub.sendToUser("u 1", "hi", { contentType: "text/plain" });
  await hub.sendToAll("end", { contentType: "text/plain" });
  assert.equal((await one.server.next()).data, "hi");
  assert.equal((await two.server.next()).data, "hi");
  assert.equal((await other.server.next()).data, "end");
});

test("sendToConnection reaches one connection; a missing one is no error", async (t) => {
  const hub = newHub();
  const a = await startClient(t, hub);
  const b = await startClient(t, hub);
  await hub.sendToConnection(a.connectionId, { to: "a" });
  await hub.sendToConnection("nobody", "x", { contentType: "text/plain" });
  await hub.sendToAll("end", { contentType: "text/plain" });
  assert.deepEqual((await a.server.next()).data, { to: "a" });
  assert.equal((await b.server.next()).data, "end");
});

test("group: add and remove connections and users, send, exclude", async (t) => {
  const hub = newHub();
  const group = hub.group("room 1");
  const a = await startClient(t, hub, { userId: "ua" });
  const b = await startClient(t, hub, { userId: "ub" });
  await group.addConnection(a.connectionId);
  await group.addUser("ub");
  await group.addUser("ub");
  await group.sendToAll("both", { contentType: "text/plain" });
  await group.sendToAll("b only", { contentType: "text/plain", excludedConnections: [a.connectionId] });
  await group.removeUser("ub");
  await group.sendToAll("a only", { contentType: "text/plain" });
  await group.removeConnection(a.connectionId);
  await group.removeConnection(a.connectionId);
  await group.sendToAll("nobody", { contentType: "text/plain" });
  await hub.sendToAll("end", { contentType: "text/plain" });

  const first = await a.group.next();
  assert.equal(first.data, "both");
  assert.equal(first.group, "room 1");
  assert.equal((await a.group.next()).data, "a only");
  assert.equal((await b.group.next()).data, "both");
  assert.equal((await b.group.next()).data, "b only");
  assert.equal((await a.server.next()).data, "end");
  assert.equal((await b.server.next()).data, "end");
  assert.equal(a.group.size + b.group.size, 0);
});

test("group.addConnection tells of a connection that is not there", async () => {
  const hub = newHub();
  await assert.rejects(hub.group("g").addConnection("nobody"), /nobody.*(doesn't exist|not found)/);
});

test("removeConnectionFromAllGroups and removeUserFromAllGroups", async (t) => {
  const hub = newHub();
  const a = await startClient(t, hub, { userId: "ua", groups: ["g1", "g2"] });
  const b = await startClient(t, hub, { userId: "ub", groups: ["g1", "g2"] });
  await hub.removeConnectionFromAllGroups(a.connectionId);
  assert.equal(await hub.groupExists("g2"), true);
  await hub.removeUserFromAllGroups("ub");
  assert.equal(await hub.groupExists("g1"), false);
  assert.equal(await hub.groupExists("g2"), false);
  assert.equal(await hub.userExists("ub"), true);
  assert.equal(await hub.connectionExists(b.connectionId), true);
});

test("connectionExists, userExists and groupExists", async (t) => {
  const hub = newHub();
  const a = await startClient(t, hub, { userId: "u1", groups: ["g1"] });
  assert.equal(await hub.connectionExists(a.connectionId), true);
  assert.equal(await hub.userExists("u1"), true);
  assert.equal(await hub.groupExists("g1"), true);
  assert.equal(await hub.connectionExists("nobody"), false);
  assert.equal(await hub.userExists("nobody"), false);
  assert.equal(await hub.groupExists("nobody"), false);
});

test("closing: one connection, a user, a group, all", async (t) => {
  const hub = newHub();
  const reason = async (c) => (await c.disconnected.next("disconnected event")).message?.message;
  const one = await startClient(t, hub);
  const user = await startClient(t, hub, { userId: "u1" });
  const member = await startClient(t, hub, { groups: ["g1"] });
  const spared = await startClient(t, hub, { groups: ["g1"] });
  const { seen, options } = status();
  await hub.closeConnection(one.connectionId, { reason: "r1", ...options });
  assert.equal(seen.status, 204);
  assert.match(await reason(one), /r1/);
  await hub.closeUserConnections("u1", { reason: "r2" });
  assert.match(await reason(user), /r2/);
  await hub.group("g1").closeAllConnections({ reason: "r3", excluded: [spared.connectionId] });
  assert.match(await reason(member), /r3/);
  assert.equal(await hub.connectionExists(spared.connectionId), true);
  await hub.closeAllConnections({ reason: "r4" });
  assert.match(await reason(spared), /r4/);
  await hub.closeConnection("nobody");
  assert.equal(await hub.connectionExists(spared.connectionId), false);
});

test("a wrong key is refused with 401", async () => {
  const wrong = connectionString.replace(/AccessKey=[^;]*/, "AccessKey=wrong-key-wrong-key-wrong-key-wrong-key");
  const hub = new WebPubSubServiceClient(wrong, "h", { allowInsecureConnection: true });
  await assert.rejects(hub.sendToAll("x", { contentType: "text/plain" }), (e) => e.statusCode === 401);
});

test("a reverse proxy endpoint", async (t) => {
  const endpoint = /Endpoint=([^;]*)/.exec(connectionString)[1];
  const hub = newHub({ reverseProxyEndpoint: endpoint.replace("localhost", "127.0.0.1") });
  const a = await startClient(t, hub);
  await hub.sendToAll("through", { contentType: "text/plain" });
  assert.equal((await a.server.next()).data, "through");
});

test("permissions: granted, checked, used, revoked", async (t) => {
  const hub = newHub();
  const a = await startClient(t, hub);
  const target = { targetName: "room 1" };
  assert.equal(await hub.hasPermission(a.connectionId, "joinLeaveGroup", target), false);
  await assert.rejects(a.client.joinGroup("room 1"), (e) => e.errorDetail.name === "Forbidden");
  await hub.grantPermission(a.connectionId, "joinLeaveGroup", target);
  assert.equal(await hub.hasPermission(a.connectionId, "joinLeaveGroup", target), true);
  await a.client.joinGroup("room 1");
  await hub.revokePermission(a.connectionId, "joinLeaveGroup", target);
  await assert.rejects(a.client.leaveGroup("room 1"), (e) => e.errorDetail.name === "Forbidden");
  assert.equal(await hub.groupExists("room 1"), true);
  await assert.rejects(hub.grantPermission("nobody", "sendToGroup", target), (e) => e.code === "Info.Connection.NotExisted");
  await assert.rejects(hub.grantPermission(a.connectionId, "sendToGroup"), (e) => e.statusCode === 400);
});

test("filters choose who gets a message", async (t) => {
  const hub = newHub();
  const a = await startClient(t, hub, { userId: "O'Brien", groups: ["g"] });
  const b = await startClient(t, hub, { groups: ["g", "h"] });
  const group = hub.group("g");
  await hub.sendToAll("named", { contentType: "text/plain", filter: odata`userId eq ${"O'Brien"}` });
  await group.sendToAll("in h", { contentType: "text/plain", filter: "'h' in groups" });
  await hub.sendToUser("O'Brien", "nobody", { contentType: "text/plain", filter: "length(groups) gt 1" });
  await hub.sendToAll("end", { contentType: "text/plain" });
  assert.equal((await a.server.next()).data, "named");
  assert.equal((await b.group.next()).data, "in h");
  assert.equal((await a.server.next()).data, "end");
  assert.equal((await b.server.next()).data, "end");
  await assert.rejects(hub.sendToAll("x", { contentType: "text/plain", filter: "invalid filter" }), (e) => e.statusCode === 400);
});

test("addConnectionsToGroups and removeConnectionsFromGroups", async (t) => {
  const hub = newHub();
  const a = await startClient(t, hub, { userId: "u1" });
  await startClient(t, hub, { userId: "u2" });
  await hub.addConnectionsToGroups(["g1", "a/b"], odata`userId eq ${"u1"}`);
  assert.deepEqual(await members(hub, "g1"), [{ connectionId: a.connectionId, userId: "u1" }]);
  await hub.removeConnectionsFromGroups(["g1"], "'a/b' in groups");
  assert.equal(await hub.groupExists("g1"), false);
  await assert.rejects(hub.addConnectionsToGroups(["g1"], "userId"), (e) => e.statusCode === 400);
});

test("listConnections pages through a group", async (t) => {
  const hub = newHub();
  const ids = [];
  for (let i = 0; i < 5; i++) {
    ids.push((await startClient(t, hub, { groups: ["g"] })).connectionId);
  }
  const listed = (await members(hub, "g", { maxPageSize: 2 })).map((m) => m.connectionId);
  assert.deepEqual(listed.sort(), ids.sort());
  assert.equal((await members(hub, "g", { maxPageSize: 2, top: 3 })).length, 3);
  assert.deepEqual(await members(hub, "nobody"), []);
});

async function members(hub, group, options) {
  const all = [];
  for await (const m of await hub.group(group).listConnections(options)) {
    all.push(m);
  }
  return all;
}

test("each target gets text, JSON and binary", async (t) => {
  const hub = newHub();
  const a = await startClient(t, hub, { userId: "u1", groups: ["g1"] });
  const targets = {
    user: (m, o) => hub.sendToUser("u1", m, o),
    connection: (m, o) => hub.sendToConnection(a.connectionId, m, o),
    group: (m, o) => hub.group("g1").sendToAll(m, o),
  };
  for (const [name, send] of Object.entries(targets)) {
    const inbox = name === "group" ? a.group : a.server;
    await send("text", { contentType: "text/plain", messageTtlSeconds: 60 });
    await send([1, "two"]);
    await send(Buffer.from([255, 0]).buffer.slice(0));
    assert.equal((await inbox.next()).data, "text");
    assert.deepEqual((await inbox.next()).data, [1, "two"]);
    assert.equal((await inbox.next()).dataType, "binary");
  }
});

test("an endpoint with a key does as well as a connection string", async (t) => {
  const [, endpoint, key] = /Endpoint=([^;]*);AccessKey=([^;]*)/.exec(connectionString);
  const name = newHub().hubName;
  const hub = new WebPubSubServiceClient(endpoint, new AzureKeyCredential(key), name, { allowInsecureConnection: true });
  const a = await startClient(t, hub);
  await hub.sendToAll("hi", { contentType: "text/plain" });
  assert.equal((await a.server.next()).data, "hi");
});
