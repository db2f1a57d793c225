// The published tunnel clients against the emulator, and wps listen --tunnel against
// a service with the published codec.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import http from "node:http";
import { test } from "node:test";
import { WebPubSubEventHandler } from "@azure/web-pubsub-express";
import { startEmulator, startMiddleware, startSimple, startWps } from "../handler.js";
import { places, startCutter } from "../cutter.js";
import { Inbox, newHub, startClient, startProxy, text, within } from "../kit.js";
import { HttpServerProxy, InprocessServerProxy, TunnelMessageProtocol, messages, startTunnelService, stringOf, stringThrough } from "../tunnel.js";

let hubs = 0;
const newName = () => `tunneled${hubs++}`;

/** Starts a tunnel client of the npm package in this process. */
async function startProxyClient(t, proxy) {
  const run = proxy.runAsync.length > 1 ? proxy.runAsync({}, () => false) : proxy.runAsync();
  await within(run, "start of the tunnel");
  t.after(() => (proxy.stop ? proxy.stop() : proxy._tunnel.stop()));
  return proxy;
}

test("the frames of testdata are those of the published codec, byte for byte", () => {
  const lines = readFileSync(new URL("../../protocol/tunnel/testdata/frames.txt", import.meta.url), "utf8").split("\n");
  let compared = 0;
  for (const line of lines.filter((l) => l !== "" && !l.startsWith("#"))) {
    const [name, writer, hex] = line.split(" ");
    const frame = new Uint8Array(Buffer.from(hex, "hex"));
    const m = TunnelMessageProtocol.instance.parseMessage(frame);
    assert.ok(m, name);
    if (writer !== "client") continue;
    const kind = m.HttpMethod ? messages.TunnelHttpRequestMessage : messages.TunnelHttpResponseMessage;
    const args = m.HttpMethod
      ? [m.AckId, m.LocalRouting, m.ChannelName, m.HttpMethod, m.Url, m.Headers, m.Content ?? undefined]
      : [m.AckId, m.LocalRouting, m.StatusCode, m.ChannelName, m.NotCompleted, m.Headers, m.Content ?? undefined];
    assert.equal(Buffer.from(TunnelMessageProtocol.instance.getBytes(new kind(...args))).toString("hex"), hex, name);
    compared++;
  }
  assert.equal(compared, 5);
});

test("events reach a handler in the process of the tunnel client, which answers and calls REST operations", async (t) => {
  const hubName = newName();
  const hub = await startEmulator(t, hubName, "--handler", "tunnel:///eh/");
  const seen = new Inbox();
  let proxy;
  const handler = new WebPubSubEventHandler(hubName, {
    path: "/eh/",
    handleConnect: (req, res) => res.success({ userId: "renamed", groups: ["g"] }),
    onConnected: (req) => seen.push(["connected", req.context.userId]),
    handleUserEvent: async (req, res) => {
      await proxy.group("g").sendToAll(`to the group: ${req.data}`);
      res.success(`re: ${req.data}`, "text");
    },
    onDisconnected: (req) => seen.push(["disconnected", req.reason]),
  });
  proxy = await startProxyClient(t, InprocessServerProxy.fromConnectionString(stringOf(hub), hubName, handler.getMiddleware()));
  const c = await startClient(t, hub, { userId: "ana" });
  assert.equal(c.userId, "renamed");
  assert.deepEqual(await seen.next(), ["connected", "renamed"]);
  await c.client.sendEvent("say", "hi", "text");
  assert.equal((await c.group.next()).data, "to the group: hi");
  assert.equal((await c.server.next()).data, "re: hi");
  await proxy.sendToAll("to all");
  assert.equal((await c.server.next()).data, "to all");
  await proxy.sendToAll("filtered", { filter: "userId eq 'nobody'" });
  await proxy.sendToConnection(c.connectionId, "to one");
  assert.equal((await c.server.next()).data, "to one");
  await proxy.addConnectionsToGroups(["a", "b"], "userId eq 'renamed'");
  await proxy.group("b").sendToAll("to b");
  assert.equal((await c.group.next()).data, "to b");
  await proxy.removeConnectionsFromGroups(["a"], "userId eq 'renamed'");
  await proxy.group("b").removeConnection(c.connectionId);
  assert.equal(await hub.groupExists("a"), false);
  assert.equal(await hub.groupExists("b"), false);
  for (let n = 0; n < 100; n++) await proxy.group("g").sendToAll(`${n}`);
  for (let n = 0; n < 100; n++) assert.equal((await c.group.next()).data, `${n}`);
  await hub.closeConnection(c.connectionId, { reason: "over" });
  assert.equal((await seen.next())[0], "disconnected");
});

test("the client of awps-tunnel forwards events to a web server", async (t) => {
  const hubName = newName();
  const { url, close } = await startMiddleware(hubName, { handleUserEvent: (req, res) => res.success(Buffer.from(req.data), "binary") });
  const hub = await startEmulator(t, hubName, "--handler", `tunnel://${new URL(url).pathname}`);
  t.after(close);
  await startProxyClient(t, HttpServerProxy.fromConnectionString(stringOf(hub), hubName, { target: url }));
  const c = await startSimple(t, hub);
  const big = Buffer.alloc(1 << 20, "x");
  for (const data of [Buffer.from([0, 255]), Buffer.alloc(0), big]) {
    c.ws.send(data);
    if (data.length > 0) assert.deepEqual((await c.messages.next()).data, data);
  }
});

test("a tunnel client with a wrong key is refused", async (t) => {
  const hubName = newName();
  const hub = await startEmulator(t, hubName, "--handler", "tunnel:///eh");
  const wrong = stringOf(hub).replace(/AccessKey=[^;]*/, `AccessKey=${"x".repeat(40)}`);
  const proxy = HttpServerProxy.fromConnectionString(wrong, hubName, { target: "http://localhost:1" });
  await assert.rejects(within(proxy.runAsync({}, () => false), "refusal"), /401/);
});

test("the published client opens its tunnel again after a restart of the emulator", async (t) => {
  const hubName = newName();
  const { url, close } = await startMiddleware(hubName, { handleUserEvent: (req, res) => res.success(`re: ${req.data}`, "text") });
  const life = {};
  const template = `tunnel://${new URL(url).pathname}`;
  const hub = await startEmulator({ after: (f) => (life.stop = f) }, hubName, "--handler", template);
  await startProxyClient(t, HttpServerProxy.fromConnectionString(stringOf(hub), hubName, { target: url }));
  await life.stop();
  const again = await startEmulator(t, hubName, "--handler", template, "--addr", `localhost:${new URL(hub.endpoint).port}`);
  t.after(close);
  const c = await startClient(t, again, {}, { messageRetryOptions: { maxRetries: 0 } });
  await within(c.client.sendEvent("say", "hi", "text"), "ack", 30_000); // tried by the emulator until there is a tunnel
  assert.equal((await c.server.next()).data, "re: hi");
});

test("wps listen --tunnel answers a service with the published codec", async (t) => {
  const s = await startTunnelService(t, "--hub", "chat", "--skip-signature", "--on", "message", ":echo", "--on", "connect", ":reject");
  assert.equal(s.first.url.searchParams.get("hub"), "chat");
  assert.match(s.first.claims.sub, /^[0-9a-f-]{36}$/);
  assert.equal(s.first.claims.exp - s.first.claims.iat, 3600);
  const event = (name, id, body) => s.request("POST", "tunnel:///eh", {
    "Content-Type": "text/plain", "ce-type": `azure.webpubsub.user.${name}`, "ce-specversion": "1.0", "ce-source": "/hubs/chat/client/c",
    "ce-id": id, "ce-time": "2026-09-01T10:20:30Z", "ce-connectionId": "c", "ce-hub": "chat", "ce-eventName": name, "WebHook-Request-Origin": "h",
  }, body);
  const small = await event("message", "1", "hällo");
  assert.equal(small.StatusCode, 200);
  assert.equal(small.ChannelName, "channel");
  assert.equal(small.LocalRouting, false);
  assert.deepEqual(small.Headers["content-type"], ["text/plain; charset=utf-8"]);
  assert.equal(text(small.Content), "hällo");
  const big = await event("message", "2", "x".repeat(1 << 20));
  assert.equal(big.Content.length, 1 << 20);
  assert.ok(big.parts > 1);
  assert.equal((await event("other", "3", "x")).StatusCode, 200);
  assert.equal((await s.request("GET", "tunnel:///eh")).StatusCode, 400);
  // Moved: the next connection names the target, with the same client id.
  s.send(new messages.TunnelConnectionReconnectMessage("instance 2", "", "maintenance"));
  const next = await s.reopened();
  assert.equal(next.url.searchParams.get("target"), "instance 2");
  assert.equal(next.claims.sub, s.first.claims.sub);
  assert.equal(text((await event("message", "4", "again")).Content), "again");
  // Cut: another connection to the same place.
  next.ws.terminate();
  assert.equal((await s.reopened()).url.searchParams.get("target"), "instance 2");
  assert.equal(text((await event("message", "5", "still")).Content), "still");
});

/** Starts a web server that echoes; ran counts how often each event was with it. */
async function startCounting(t) {
  const ran = new Map();
  const server = http.createServer((req, res) => {
    const id = `${req.headers["ce-connectionid"]} ${req.headers["ce-id"]}`;
    ran.set(id, (ran.get(id) ?? 0) + 1);
    const parts = [];
    req.on("data", (b) => parts.push(b));
    req.on("end", () => setTimeout(() => {
      res.setHeader("Content-Type", "text/plain");
      res.end(Buffer.concat(parts));
    }, 20)); // so that a cut may come while the event is under way
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  return { url: `http://127.0.0.1:${server.address().port}/`, ran };
}

/** Sends an event of each client at a time, several times; each gets its one answer. */
async function sendRounds(t, hub, server, rounds, during = async () => {}) {
  const clients = await Promise.all(Array.from({ length: 8 }, (_, n) => startClient(t, hub, { userId: `u${n}` })));
  for (let round = 0; round < rounds; round++) {
    const sent = clients.map((c) => within(c.client.sendEvent("say", `${round}`, "text"), "ack", 60_000));
    await during(round);
    await Promise.all(sent);
    for (const c of clients) assert.equal((await c.server.next()).data, `${round}`);
  }
  for (const c of clients) assert.equal(c.server.size, 0);
  assert.equal(server.ran.size, rounds * clients.length);
  assert.deepEqual([...server.ran.values()].filter((n) => n !== 1), []);
}

test("no event is lost and none runs twice while the tunnel is cut", async (t) => {
  const hubName = newName();
  const hub = await startEmulator(t, hubName, "--handler", "tunnel:///eh user=* system=none");
  const proxy = await startProxy(t, hub.endpoint);
  const server = await startCounting(t);
  await startWps(t, "listen", "--tunnel", "--connection-string", stringThrough(hub, proxy), "--hub", hubName, "--forward", server.url);
  let cuts = 0;
  await sendRounds(t, hub, server, 6, async (round) => {
    if (round % 2 === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10)); // some events are with the server by then
    cuts += proxy.cut();
  });
  assert.equal(cuts, 3);
});

test("no event is lost and none runs twice wherever in its frames the tunnel is cut", async (t) => {
  const hubName = newName();
  const hub = await startEmulator(t, hubName, "--handler", "tunnel:///eh user=* system=none");
  const cutter = await startCutter(t, hub.endpoint, { passes: 12 }); // so that all that were cut arrive on the next tunnel
  const server = await startCounting(t);
  await startWps(t, "listen", "--tunnel", "--connection-string", stringThrough(hub, cutter), "--hub", hubName, "--forward", server.url);
  await sendRounds(t, hub, server, 8);
  assert.deepEqual(cutter.counts, places.map(() => 1));
});
