// The official middleware as the event handler of the emulator, and the client
// SDK on the other side. handler_listen.test.js and handler_awps.test.js run these
// checks with a tunnel in between.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SendMessageError, WebPubSubJsonReliableProtocol } from "@azure/web-pubsub-client";
import { startEmulator, startMiddleware, startSimple } from "../handler.js";
import { Inbox, newHub, startClient, startProxy, text } from "../kit.js";
import { startTunnelTo, wayOfEvents } from "../tunnel.js";

let hubs = 0;
const newName = () => `handled${hubs++}`;

/** An emulator whose events go to the middleware. */
async function start(t, options) {
  const hub = newName();
  const { url, close } = await startMiddleware(hub, options);
  const client = await startEmulator(t, hub, "--handler", wayOfEvents ? `tunnel://${new URL(url).pathname}` : url);
  if (wayOfEvents) await startTunnelTo(t, client, hub, url);
  t.after(close); // behind the emulator, which still sends disconnected events
  return client;
}

test("connect sees what the client brought; its answer changes user, groups and roles", async (t) => {
  const seen = new Inbox();
  const hub = await start(t, {
    handleConnect: (req, res) => {
      seen.push(req);
      res.success({ userId: "renamed", groups: ["lobby"], roles: ["webpubsub.sendToGroup.lobby"] });
    },
  });
  const c = await startClient(t, hub, { userId: "ana", roles: ["webpubsub.joinLeaveGroup"], groups: ["other"] });
  const req = await seen.next("connect event");
  assert.equal(c.userId, "renamed");
  assert.equal(req.context.userId, "ana");
  assert.equal(req.context.hub, hub.hubName);
  assert.equal(req.context.connectionId, c.connectionId);
  assert.equal(req.context.eventName, "connect");
  assert.equal(req.context.clientProtocol, "default");
  assert.deepEqual(req.context.states, {});
  assert.match(req.context.signature, /^sha256=[0-9a-f]{64}$/);
  assert.deepEqual(req.claims.sub, ["ana"]);
  assert.deepEqual(req.claims.role, ["webpubsub.joinLeaveGroup"]);
  assert.deepEqual(req.subprotocols, ["json.webpubsub.azure.v1"]);
  assert.deepEqual(req.queries, {});
  assert.deepEqual(req.clientCertificates, []);
  assert.ok(Object.keys(req.headers).some((h) => h.toLowerCase() === "sec-websocket-version"));
  await c.client.sendToGroup("lobby", "hi", "text");
  assert.equal((await c.group.next()).data, "hi");
  await assert.rejects(c.client.joinGroup("g"), (e) => e instanceof SendMessageError && e.errorDetail?.name === "Forbidden");
  assert.ok(await hub.userExists("renamed"));
  assert.ok(!(await hub.userExists("ana")));
});

test("connect without changes keeps the token's", async (t) => {
  const hub = await start(t, { handleConnect: (_, res) => res.success() });
  const c = await startClient(t, hub, { userId: "ana", groups: ["g"], roles: ["webpubsub.sendToGroup"] });
  assert.equal(c.userId, "ana");
  await c.client.sendToGroup("g", "hi", "text");
  assert.equal((await c.group.next()).data, "hi");
});

for (const [code, detail] of [[401, "no"], [400, "bad"], [500, "broken"], [403, undefined]]) {
  test(`connect refused with ${code} is ${code} for the client`, async (t) => {
    const disconnected = new Inbox();
    const hub = await start(t, {
      handleConnect: (_, res) => res.fail(code, detail),
      onDisconnected: (req) => disconnected.push(req),
    });
    // A refusal (4xx) reaches the client with its text; a failure (5xx) keeps it.
    const shown = code < 500 && detail !== undefined;
    await assert.rejects(startSimple(t, hub), (e) => e.status === code && e.body.includes(detail ?? "undefined") === shown);
    assert.equal(disconnected.size, 0);
  });
}

test("a subprotocol that connect picks makes a simple client of it", async (t) => {
  const hub = await start(t, {
    handleConnect: (req, res) => res.success({ subprotocol: req.subprotocols[1] }),
    handleUserEvent: (req, res) => res.success(`${req.dataType}:${req.data}`, "text"),
  });
  const c = await startSimple(t, hub, {}, ["first", "mine"]);
  assert.equal(c.ws.protocol, "mine");
  c.ws.send("hello");
  assert.deepEqual(await c.messages.next(), { data: Buffer.from("text:hello"), isBinary: false });
});

test("states go from connect through all later events", async (t) => {
  const seen = new Inbox();
  const hub = await start(t, {
    handleConnect: (_, res) => {
      res.setState("n", 1);
      res.setState("name", "é");
      res.success();
    },
    onConnected: (req) => seen.push(["connected", req.context.states]),
    handleUserEvent: (req, res) => {
      seen.push(["event", { ...req.context.states }]); // setState changes them
      res.setState("n", req.context.states.n + 1);
      req.data === "fail" ? res.fail(400, "no") : res.success();
    },
    onDisconnected: (req) => seen.push(["disconnected", req.context.states]),
  });
  const c = await startClient(t, hub);
  assert.deepEqual(await seen.next(), ["connected", { n: 1, name: "é" }]);
  await c.client.sendEvent("e", "a", "text");
  assert.deepEqual(await seen.next(), ["event", { n: 1, name: "é" }]);
  await assert.rejects(c.client.sendEvent("e", "fail", "text", { ackId: 77 }));
  for (let n = seen.size; n > 0; n--) assert.deepEqual(await seen.next(), ["event", { n: 2, name: "é" }]); // the SDK tries again
  await c.client.sendEvent("e", "b", "text");
  assert.deepEqual(await seen.next(), ["event", { n: 2, name: "é" }]);
  c.client.stop();
  assert.deepEqual(await seen.next(), ["disconnected", { n: 3, name: "é" }]);
});

test("all data types go up and come back, for SDK clients", async (t) => {
  const seen = new Inbox();
  const hub = await start(t, {
    handleUserEvent: (req, res) => {
      seen.push(req);
      const { data, dataType } = req;
      res.success(dataType === "json" ? JSON.stringify(data) : data, dataType);
    },
  });
  const c = await startClient(t, hub, { userId: "ana" });
  const bytes = new Uint8Array([0, 1, 127, 128, 255]);
  for (const [data, dataType] of [["héllo", "text"], [{ a: [1, null, "x"] }, "json"], ["a string", "json"], [bytes.buffer, "binary"]]) {
    await c.client.sendEvent("echo.it", data, dataType); // resolves with the ack, which comes behind the reply
    const req = await seen.next();
    assert.equal(req.context.eventName, "echo.it");
    assert.equal(req.context.userId, "ana");
    assert.equal(req.dataType, dataType);
    const m = await c.server.next();
    assert.equal(m.dataType, dataType);
    if (dataType === "binary") {
      assert.deepEqual(new Uint8Array(req.data), bytes);
      assert.deepEqual(new Uint8Array(m.data), bytes);
    } else {
      assert.deepEqual(req.data, data);
      assert.deepEqual(m.data, data);
    }
  }
});

test("an invocation brings the handler's answer, or its failure", async (t) => {
  const hub = await start(t, {
    handleUserEvent: (req, res) => {
      if (req.context.eventName === "sum") res.success(JSON.stringify({ sum: req.data.a + req.data.b }), "json");
      else if (req.context.eventName === "quiet") res.success();
      else res.fail(400, "no such thing");
    },
  });
  const c = await startClient(t, hub);
  const { data, dataType } = await c.client.invokeEvent("sum", { a: 1, b: 2 }, "json");
  assert.deepEqual({ data, dataType }, { data: { sum: 3 }, dataType: "json" });
  assert.equal((await c.client.invokeEvent("quiet", "x", "text")).data, undefined);
  await assert.rejects(c.client.invokeEvent("other", "x", "text"), (e) => e.errorDetail?.name === "InternalServerError");
  assert.equal(c.server.size, 0); // an answer is no message
});

test("all data types come back to simple clients, and text and bytes go up", async (t) => {
  const replies = [["text", "text"], ['{"a":1}', "json"], ["bytes", "binary"], ["untyped", undefined]];
  const seen = new Inbox();
  const hub = await start(t, {
    handleUserEvent: (req, res) => {
      seen.push(req);
      res.success(...replies[seen.size - 1]);
    },
  });
  const c = await startSimple(t, hub);
  const sent = ["one", Buffer.from([0, 255]), '{"json":"stays text"}', "four"];
  for (const [i, isBinary] of [false, false, true, true].entries()) {
    c.ws.send(sent[i]);
    assert.deepEqual(await c.messages.next(), { data: Buffer.from(replies[i][0]), isBinary });
  }
  for (const data of sent) {
    const req = await seen.next();
    assert.equal(req.context.eventName, "message");
    assert.equal(req.dataType, typeof data === "string" ? "text" : "binary");
    assert.equal(text(req.data), text(data));
  }
});

test("a reply without data is an ack and nothing else", async (t) => {
  const hub = await start(t, { handleUserEvent: (_, res) => res.success() });
  const c = await startClient(t, hub);
  await c.client.sendEvent("e", "x", "text");
  await hub.sendToAll("end", { contentType: "text/plain" });
  assert.equal((await c.server.next()).data, "end");
});

test("a failed event is an error ack for an SDK client, which stays; a simple client is closed", async (t) => {
  const hub = await start(t, {
    handleUserEvent: (req, res) => (req.data === "fail" ? res.fail(400, "secret") : res.success("ok", "text")),
  });
  const c = await startClient(t, hub, {}, { messageRetryOptions: { maxRetries: 0 } });
  await assert.rejects(
    c.client.sendEvent("e", "fail", "text"),
    (e) => e instanceof SendMessageError && e.errorDetail?.name === "InternalServerError" && !e.errorDetail.message.includes("secret"));
  await c.client.sendEvent("e", "good", "text");
  assert.equal((await c.server.next()).data, "ok");
  const simple = await startSimple(t, hub);
  simple.ws.send("fail");
  assert.deepEqual(await simple.closes.next("close"), { code: 1011, reason: "Internal server error" });
});

test("connected and disconnected come once, with the reason", async (t) => {
  const connected = new Inbox();
  const disconnected = new Inbox();
  const hub = await start(t, {
    onConnected: (req) => connected.push(req.context),
    onDisconnected: (req) => disconnected.push(req),
  });
  const c = await startClient(t, hub, { userId: "ana" });
  const context = await connected.next("connected event");
  assert.equal(context.connectionId, c.connectionId);
  assert.equal(context.userId, "ana");
  await hub.closeConnection(c.connectionId, { reason: "maintenance" });
  const gone = await disconnected.next("disconnected event");
  assert.equal(gone.context.connectionId, c.connectionId);
  assert.equal(gone.reason, "Application server closed the connection. Reason: maintenance");
  const simple = await startSimple(t, hub);
  await connected.next("connected event");
  simple.ws.close(1000, "I am done");
  assert.equal((await disconnected.next("disconnected event")).reason, "I am done");
  assert.equal(connected.size + disconnected.size, 0);
});

test("a handler that allows other services only gets no events", { skip: wayOfEvents && "who opens a tunnel is not validated" }, async (t) => {
  let events = 0;
  const hub = await start(t, { allowedEndpoints: ["https://other.test"], handleConnect: (_, res) => (events++, res.success()) });
  await assert.rejects(startSimple(t, hub), (e) => e.status === 500);
  assert.equal(events, 0);
  const allowed = await start(t, { allowedEndpoints: ["https://other.test", "http://localhost"], handleConnect: (_, res) => (events++, res.success()) });
  await startSimple(t, allowed);
  assert.equal(events, 1);
});

test("a handler may send to a group while it answers", async (t) => {
  let hub;
  hub = await start(t, {
    handleUserEvent: async (req, res) => {
      await hub.group("all").sendToAll(`${req.context.userId}: ${req.data}`, { contentType: "text/plain" });
      res.success("sent", "text");
    },
  });
  const a = await startClient(t, hub, { userId: "a", groups: ["all"] });
  const b = await startClient(t, hub, { userId: "b", groups: ["all"] });
  await a.client.sendEvent("say", "hello", "text");
  assert.equal((await b.group.next()).data, "a: hello");
  assert.equal((await a.group.next()).data, "a: hello");
  assert.equal((await a.server.next()).data, "sent");
});

test("a reliable client whose connection is cut keeps its events, its state and its one connect", async (t) => {
  const total = 40;
  const seen = { connect: 0, connected: 0, disconnected: new Inbox() };
  const direct = await start(t, {
    handleConnect: (_, res) => {
      seen.connect++;
      res.setState("n", 0);
      res.success();
    },
    onConnected: () => seen.connected++,
    handleUserEvent: (req, res) => {
      res.setState("n", req.context.states.n + 1);
      setTimeout(() => res.success(`${req.data}`, "text"), 5); // so that a cut may come while the event is under way
    },
    onDisconnected: (req) => seen.disconnected.push(req),
  });
  const proxy = await startProxy(t, direct.endpoint);
  const through = newHub({}, { port: proxy.port, hub: direct.hubName });
  const c = await startClient(t, through, { userId: "ana" }, { protocol: WebPubSubJsonReliableProtocol(), autoReconnect: true });
  const replies = new Set();
  let cuts = 0;
  for (let n = 0; n < total; n++) {
    const sent = c.client.sendEvent("count", `${n}`, "text");
    if (n % 10 === 5) cuts += proxy.cut();
    await sent; // the SDK sends again what was not acknowledged
    replies.add((await c.server.next("reply")).data);
  }
  while (c.server.size > 0) replies.add((await c.server.next()).data); // one reply may come for each time it was sent
  assert.deepEqual([...replies].sort((a, b) => a - b), Array.from({ length: total }, (_, n) => `${n}`));
  assert.ok(cuts >= 4, `the connection was cut ${cuts} times`);
  assert.equal(c.disconnected.size, 0);
  assert.equal(seen.connect, 1);
  assert.equal(seen.connected, 1);
  c.client.stop();
  const gone = await seen.disconnected.next("disconnected event");
  assert.equal(gone.context.connectionId, c.connectionId);
  assert.ok(gone.context.states.n >= total);
});
