// wps listen beside the official middleware: the same requests, answered by
// hooks that do what the middleware's handlers do, must get the same statuses,
// content types, states and bodies. wps listen --tunnel must answer the same through
// a tunnel of the published codec.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startMiddleware, startWps } from "../handler.js";
import { connectionString, within } from "../kit.js";
import { startTunnelService } from "../tunnel.js";

const key = /AccessKey=([^;]*)/.exec(connectionString)[1];
const full = { userId: "ü 2", groups: ["a", "b"], roles: ["webpubsub.sendToGroup.a"], subprotocol: "mine" };

// What is answered, by name: a user event's name, or for connect ?case=NAME.
// Each has a middleware handler and the same as a hook in JavaScript, which has
// data (bytes), context, respond(object), print(text) and refuse(code, text).
const connects = {
  nothing: [(res) => res.success(), ``],
  everything: [(res) => res.success(full), `print(${JSON.stringify(JSON.stringify(full))})`],
  noMember: [(res) => res.success({}), `print("{}")`],
  states: [(res) => (res.setState("n", 1), res.setState("name", "é"), res.success()), `print('{"states":{"n":1,"name":"é"}}')`],
  statesToo: [(res) => (res.setState("n", [1, null]), res.success({ userId: "x" })), `print('{"states":{"n":[1,null]},"userId":"x"}')`],
  unauthorized: [(res) => res.fail(401, "nö"), `refuse(77, "nö")`],
  clientError: [(res) => res.fail(400, "bad"), `refuse(65, "bad")`],
  serverError: [(res) => res.fail(500, "broken"), `refuse(1, "broken")`],
  withoutText: [(res) => res.fail(401), `print('{"error":{"code":"unauthorized"}}')`],
  failedWithState: [(res) => (res.setState("n", 1), res.fail(401, "no")), `print('{"states":{"n":1},"error":{"code":"unauthorized","error":"no"}}')`],
};
const users = {
  text: [(res) => res.success("hällo", "text"), `print("hällo")`],
  textThatIsJSON: [(res) => res.success('{"a":1}', "text"), `print('{"a":1}')`],
  json: [(res) => res.success('{"a":[1,"ü"]}', "json"), `respond('{"message":{"a":[1,"ü"]},"dataType":"json"}')`],
  jsonAsWritten: [(res) => res.success('{"a": [1, "ü"]}', "json"), `respond(JSON.stringify({ message: '{"a": [1, "ü"]}', dataType: "json" }))`],
  jsonString: [(res) => res.success('"s"', "json"), `respond('{"message":"\\\\"s\\\\"","dataType":"json"}')`],
  binary: [(res) => res.success(Buffer.from([0, 1, 255]), "binary"), `respond('{"message":"AAH/","dataType":"binary"}')`],
  echo: [(res, req) => res.success(req.dataType === "json" ? JSON.stringify(req.data) : req.data, req.dataType),
    `const d = context.headers["Content-Type"]?.[0] ?? ""; respond(JSON.stringify({
      message: d.startsWith("text/plain") ? data.toString() : d === "application/json" ? JSON.parse(data) : data.toString("base64"),
      dataType: d.startsWith("text/plain") ? "text" : d === "application/json" ? "json" : "binary" }))`],
  nothing: [(res) => res.success(), `respond("{}")`],
  states: [(res) => (res.setState("n", 2), res.setState("old", "new"), res.success("ok", "text")),
    `respond('{"message":"ok","dataType":"text","states":{"n":2,"old":"new"}}')`],
  fail: [(res) => res.fail(400, "bad"), `refuse(65, "bad")`],
  failUnauthorized: [(res) => res.fail(401, "no"), `refuse(77, "no")`],
  failWithState: [(res) => (res.setState("n", 1), res.fail(500, "broken")), `respond('{"states":{"n":1},"error":{"code":"serverError","error":"broken"}}')`],
};

const hook = `
import { readFileSync, writeFileSync } from "node:fs";
const data = readFileSync(0);
const context = JSON.parse(process.env.WPS_CONTEXT);
const respond = (text) => writeFileSync(process.env.WPS_RESPONSE, text);
const print = (text) => process.stdout.write(text);
const refuse = (code, text) => (process.stderr.write(text + "\\n"), (process.exitCode = code));
const connects = { ${Object.entries(connects).map(([n, [, js]]) => `${n}() { ${js} }`)} };
const users = { ${Object.entries(users).map(([n, [, js]]) => `${n}() { ${js} }`)} };
if (process.env.WPS_EVENT_TYPE === "user") users[process.env.WPS_EVENT]();
if (process.env.WPS_EVENT === "connect") connects[JSON.parse(data).query.case[0]]();
`;

let middleware;
let listen;
let tunnel;
const cleanups = [];
const shared = { after: (f) => cleanups.push(f) }; // what startWps needs of a test

after(async () => {
  for (const f of cleanups) await f();
});

before(async () => {
  const folder = mkdtempSync(join(tmpdir(), "wps-conformance-"));
  shared.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "hook.mjs"), hook);
  const command = `${process.execPath} ${join(folder, "hook.mjs")}`;
  const ons = ["connect", "connected", "disconnected", "joined", "left", "*"].flatMap((event) => ["--on", event, command]);
  listen = await startWps(shared, "listen", "--addr", "localhost:0", "--path", "/eh", "--allow-origin", "*", ...ons);
  tunnel = await startTunnelService(shared, "--hub", "chat", "--path", "/eh", "--allow-origin", "*", ...ons);
  const { url, close } = await startMiddleware("chat", {
    handleConnect: (req, res) => connects[req.queries.case[0]][0](res, req),
    handleUserEvent: (req, res) => users[req.context.eventName][0](res, req),
    onConnected: () => {}, onDisconnected: () => {}, onGroupJoined: () => {}, onGroupLeft: () => {},
  });
  shared.after(close);
  middleware = url;
});

/** Sends a request and gives what counts of the answer. */
function send(url, method, headers, body) {
  const answer = new Promise((resolve, reject) => {
    const req = http.request(url, { method, headers, agent: false }, (res) => {
      const parts = [];
      res.on("data", (b) => parts.push(b));
      res.on("end", () => {
        const lines = [];
        for (let i = 0; i < res.rawHeaders.length; i += 2) {
          if (/^(content-type|ce-|webhook-)/i.test(res.rawHeaders[i])) lines.push(`${res.rawHeaders[i]}: ${res.rawHeaders[i + 1]}`);
        }
        resolve({ status: res.statusCode, headers: lines.sort(), body: Buffer.concat(parts).toString("base64") });
      });
    });
    req.on("error", reject);
    req.end(body);
  });
  return within(answer, `answer of ${url}`);
}

/** What counts of the answer to a request through the tunnel, whose names are in lower case. */
async function sendThrough(service, method, headers, body) {
  const m = await service.request(method, "tunnel:///eh", headers, body);
  const lines = Object.entries(m.Headers).flatMap(([name, values]) => values.map((v) => `${name}: ${v}`));
  return { status: m.StatusCode, headers: lines.filter((l) => /^(content-type|ce-|webhook-)/.test(l)).sort(), body: m.Content.toString("base64") };
}

/** Sends a request to wps listen over HTTP and through the tunnel, and returns the answer, which must be the same. */
async function sendBothWays(url, service, method, headers, body) {
  const answer = await send(url, method, headers, body);
  if (service === undefined) return answer;
  const lower = answer.headers.map((l) => l.replace(/^[^:]*/, (name) => name.toLowerCase())).sort();
  assert.deepEqual(await sendThrough(service, method, headers, body), { ...answer, headers: lower }, "through the tunnel");
  return answer;
}

let ids = 0;

/** The answers of both to one event. */
async function both(event, { type = `azure.webpubsub.user.${event}`, contentType = "text/plain; charset=utf-8", body = "x", state } = {}) {
  const connection = "conn-0001";
  const headers = {
    "Content-Type": contentType, "WebHook-Request-Origin": "localhost", "ce-specversion": "1.0", "ce-awpsversion": "1.0",
    "ce-type": type, "ce-source": `/hubs/chat/client/${connection}`, "ce-id": String(ids++), "ce-time": "2026-09-01T10:20:30Z",
    "ce-connectionId": connection, "ce-hub": "chat", "ce-eventName": event, "ce-userId": "ana",
    "ce-signature": "sha256=" + createHmac("sha256", key).update(connection).digest("hex"),
  };
  if (state !== undefined) headers["ce-connectionState"] = state;
  return [await sendBothWays(listen, tunnel, "POST", headers, body), await send(middleware, "POST", headers, body)];
}

for (const name of Object.keys(connects)) {
  test(`connect: ${name}`, async () => {
    const body = JSON.stringify({ claims: {}, query: { case: [name] }, headers: {}, subprotocols: ["mine"], clientCertificates: [] });
    const [ours, theirs] = await both("connect", { type: "azure.webpubsub.sys.connect", contentType: "application/json", body });
    assert.deepEqual(ours, theirs);
  });
}

for (const name of Object.keys(users)) {
  test(`user event: ${name}`, async () => {
    for (const state of [undefined, Buffer.from('{"old":true,"k":"ö"}').toString("base64"), "not base64!"]) {
      const [ours, theirs] = await both(name, { state });
      assert.deepEqual(ours, theirs, `with the state ${state}`);
    }
  });
}

test("user event: data of every type comes back", async () => {
  for (const [contentType, body] of [["text/plain", "ü"], ["application/json", '{"a":[1,"ü"]}'], ["application/octet-stream", Buffer.from([0, 255])]]) {
    const [ours, theirs] = await both("echo", { contentType, body });
    assert.deepEqual(ours, theirs, contentType);
    assert.equal(ours.body, Buffer.from(body).toString("base64"));
  }
});

for (const [event, prefix, body] of [["connected", "sys", "{}"], ["disconnected", "sys", '{"reason":"r"}'], ["joined", "gp", '{"group":"g"}'], ["left", "gp", '{"group":"g"}']]) {
  test(`unblocking event: ${event}`, async () => {
    const [ours, theirs] = await both(event, { type: `azure.webpubsub.${prefix}.${event}`, contentType: "application/json", body, state: "e30=" });
    assert.deepEqual(ours, theirs);
    assert.deepEqual(ours, { status: 200, headers: [], body: "" });
  });
}

test("validation", async () => {
  const headers = { "WebHook-Request-Origin": "contoso.webpubsub.azure.com", "ce-awpsversion": "1.0" };
  const [ours, theirs] = [await sendBothWays(listen, tunnel, "OPTIONS", headers), await send(middleware, "OPTIONS", headers)];
  assert.deepEqual(ours, theirs);
  const { "WebHook-Request-Origin": _, ...without } = headers;
  assert.equal((await sendBothWays(listen, tunnel, "OPTIONS", without)).status, (await send(middleware, "OPTIONS", without)).status);
});

test("validation of a service that is named", async (t) => {
  const contoso = `Endpoint=https://contoso.webpubsub.azure.com;AccessKey=${key};Version=1.0;`;
  const one = await startWps(t, "listen", "--connection-string", contoso, "--addr", "localhost:0", "--allow-origin", "other.test", "--on", "connect", ":accept");
  const { url, close } = await startMiddleware("chat", { allowedEndpoints: ["https://contoso.webpubsub.azure.com", "https://other.test"] });
  t.after(close);
  const headers = { "WebHook-Request-Origin": "contoso.webpubsub.azure.com", "ce-awpsversion": "1.0" };
  assert.deepEqual(await send(one, "OPTIONS", headers), await send(url, "OPTIONS", headers));
});

test("events that nobody handles are accepted", async (t) => {
  const bare = await startWps(t, "listen", "--addr", "localhost:0", "--allow-origin", "*", "--on", "someEvent", ":accept");
  const through = await startTunnelService(t, "--hub", "chat", "--on", "someEvent", ":accept");
  const { url, close } = await startMiddleware("chat", {});
  t.after(close);
  const saved = [listen, tunnel, middleware];
  [listen, tunnel, middleware] = [bare, through, url];
  t.after(() => ([listen, tunnel, middleware] = saved));
  for (const [event, type] of [["connect", "sys"], ["connected", "sys"], ["disconnected", "sys"], ["message", "user"]]) {
    const [ours, theirs] = await both(event, { type: `azure.webpubsub.${type}.${event}`, contentType: "application/json", body: "{}" });
    assert.deepEqual(ours, theirs, event);
  }
});
