// Runs the samples that the READMEs of both SDKs show, as they are installed: only
// the placeholders are filled in. It runs against an emulator with TLS that takes
// unvalidated Entra ID tokens, because the samples use a credential object.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import amaro from "amaro";
import express from "express";
import * as server from "@azure/web-pubsub";
import * as sdk from "@azure/web-pubsub-client";
import { Inbox, connectionString, credential, overtaken, text, within } from "./kit.js";

const [, endpoint, key] = /Endpoint=([^;]*);AccessKey=([^;]*)/.exec(connectionString);
const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
let hubs = 0;

/** The samples of a README by name; those that go without one are named by their number. */
function samplesOf(sdkName) {
  const readme = readFileSync(new URL(`./node_modules/@azure/${sdkName}/README.md`, import.meta.url), "utf8");
  return [...readme.matchAll(/^```ts snippet:(\w+)\n([^]*?)^```/gm)].map(([, name, code], i) => [
    name === "ignore" ? `${sdkName} ${i}` : name.replace("ReadmeSample", ""), code]);
}

const samples = new Map([...samplesOf("web-pubsub"), ...samplesOf("web-pubsub-client")]);

/** What samples import. */
const modules = {
  "@azure/web-pubsub": server,
  "@azure/web-pubsub-client": sdk,
  "@azure/identity": {
    DefaultAzureCredential: class {
      getToken = credential.getToken;
    },
  },
};

/** A hub of its own, and a client URL for it. */
async function newPlace(options = { userId: "user1", roles }) {
  const hub = new server.WebPubSubServiceClient(connectionString, `samples${hubs++}`);
  const { url } = await hub.getClientAccessToken(options);
  return { hub, url };
}

/** Runs a sample; gives its variables of these names and what it printed. */
async function run(name, { hub, url = "" }, variables = [], { given = {}, extra = {}, mayFail } = {}) {
  const printed = new Inbox();
  const filled = { "<ConnectionString>": connectionString, "<web-pubsub-connectionstring>": connectionString,
    "<Endpoint>": endpoint, "<Key>": key, "<hubName>": hub.hubName, "<groupName>": "group1",
    "<client-access-url>": url, "<closeReason>": "closing" };
  let code = samples.get(name).replace(/<[\w-]+>/g, (p) => filled[p] ?? p).replaceAll('"sample_chat"', JSON.stringify(hub.hubName));
  code = amaro.transformSync(code, { mode: "strip-only" }).code
    .replace(/^import (\w+|\{[^}]*\}) from ("[^"]+");/gm, (_, names, from) => `const ${names} = modules[${from}];`);
  const parameters = { modules: { ...modules, ...extra }, console: { log: (line) => printed.push(line) }, ...given };
  const body = `return (async () => {${code}\nreturn { ${variables.join(", ")} };})()`;
  const running = new Function(...Object.keys(parameters), body)(...Object.values(parameters));
  const found = await within(running, `end of ${name}`).catch((e) => {
    if (!mayFail?.test(e.message)) throw e;
  });
  return { ...found, printed };
}

/** A client that hears everything. */
async function listener(t, hub, options) {
  const { url } = await hub.getClientAccessToken(options);
  const client = new sdk.WebPubSubClient(url);
  const heard = new Inbox();
  for (const name of ["server-message", "group-message"]) {
    client.on(name, ({ message }) => heard.push(message));
  }
  client.on("disconnected", ({ message }) => heard.push(message));
  const connected = new Promise((resolve) => client.on("connected", resolve));
  await client.start();
  await within(connected, "connected event");
  t.after(() => client.stop());
  return heard;
}

/** The three messages that the send samples send. */
async function hearThree(heard) {
  assert.deepEqual((await heard.next()).data, { message: "Hello world!" });
  assert.equal((await heard.next()).data, "Hi there!");
  assert.equal(text((await heard.next()).data), "\0".repeat(10));
}

const checks = {
  async CreateClient_ConnectionString() {
    const place = await newPlace();
    const { serviceClient } = await run("CreateClient_ConnectionString", place, ["serviceClient"]);
    assert.equal(await serviceClient.groupExists("g"), false);
  },
  async CreateClient_KeyCredential() {
    const place = await newPlace();
    const { serviceClient } = await run("CreateClient_KeyCredential", place, ["serviceClient"]);
    assert.equal(await serviceClient.groupExists("g"), false);
  },
  async CreateClient_TokenCredential() {
    const place = await newPlace();
    const { serviceClient } = await run("CreateClient_TokenCredential", place, ["serviceClient"]);
    assert.equal(await serviceClient.groupExists("g"), false);
  },
  async GetClientAccessToken(t) {
    const place = await newPlace();
    const { token } = await run("GetClientAccessToken", place, ["token"]);
    const client = new sdk.WebPubSubClient(token.url);
    await client.start();
    t.after(() => client.stop());
    assert.equal(await place.hub.userExists("user1"), true);
    assert.equal(await place.hub.groupExists("GroupA"), true);
  },
  async SendToAll(t) {
    const place = await newPlace();
    const heard = await listener(t, place.hub, {});
    await run("SendToAll", place);
    await hearThree(heard);
  },
  async SendToAllWithFilter(t) {
    const place = await newPlace();
    const anonymous = await listener(t, place.hub, { groups: ["groupA"] });
    const user = await listener(t, place.hub, { userId: "u", groups: ["groupA"] });
    const both = await listener(t, place.hub, { userId: "u", groups: ["groupA", "groupB"] });
    await run("SendToAllWithFilter", place);
    assert.deepEqual((await anonymous.next()).data, { message: "Hello world!" });
    assert.equal((await anonymous.next()).data, "Hello world!");
    assert.equal((await user.next()).data, "Hello world!");
    await place.hub.sendToAll("end", { contentType: "text/plain" });
    assert.equal((await both.next()).data, "end");
  },
  async SendToGroup(t) {
    const place = await newPlace();
    const heard = await listener(t, place.hub, { userId: "user1" });
    await run("SendToGroup", place);
    await hearThree(heard);
  },
  async SendToUser(t) {
    const place = await newPlace();
    const heard = await listener(t, place.hub, { userId: "user1" });
    await run("SendToUser", place);
    await hearThree(heard);
  },
  async CheckGroup(t) {
    const place = await newPlace();
    const heard = await listener(t, place.hub, { groups: ["group1"] });
    const { hasConnections } = await run("CheckGroup", place, ["hasConnections"]);
    assert.equal(hasConnections, false);
    assert.match((await heard.next()).message, /Reason: closing$/);
  },
  async RawResponse() {
    const { printed } = await run("RawResponse", await newPlace());
    assert.equal((await printed.next()).status, 202);
  },
  async CreateClient(t) {
    const place = await newPlace();
    const { client } = await run("CreateClient", place, ["client"]);
    t.after(() => client.stop());
    assert.equal(await place.hub.userExists("user1"), true);
  },
  async JoinGroups(t) {
    const place = await newPlace();
    const { client, printed } = await run("JoinGroups", place, ["client"]);
    t.after(() => client.stop());
    await place.hub.group("group1").sendToAll("hi", { contentType: "text/plain" });
    assert.equal(await printed.next(), "Received message: hi");
  },
  async SendMessage(t) {
    const place = await newPlace();
    const heard = await listener(t, place.hub, { groups: ["group1"] });
    const { client } = await run("SendMessage", place, ["client"]);
    t.after(() => client.stop());
    assert.equal((await heard.next()).data, "hello world");
  },
  async InvokeEvent(t) {
    const { client, printed } = await run("InvokeEvent", await newPlace(), ["client"]); // a hook answers with the same
    t.after(() => client.stop());
    assert.equal(await printed.next(), 'Invocation result: {"orderId":1}');
  },
  async Streaming() {
    const { printed } = await run("Streaming", await newPlace(), [], { mayFail: overtaken });
    assert.match(await printed.next(), /^Stream \S+ completed: hello world$/);
  },
  async "web-pubsub-client 5"(t) {
    const place = await newPlace();
    const client = new sdk.WebPubSubClient(place.url);
    const { printed } = await run("web-pubsub-client 5", place, [], { given: { client } });
    await client.start();
    t.after(() => client.stop());
    assert.match(await printed.next(), /^Connection [0-9a-f]+ is connected\.$/);
  },
  async "web-pubsub-client 6"(t) {
    const place = await newPlace();
    const client = new sdk.WebPubSubClient(place.url, { autoReconnect: false });
    const { printed } = await run("web-pubsub-client 6", place, [], { given: { client } });
    await client.start();
    t.after(() => client.stop());
    await place.hub.closeAllConnections();
    assert.match(await printed.next(), /^Connection disconnected: /);
  },
  async "web-pubsub-client 7"() {
    const place = await newPlace();
    const client = new sdk.WebPubSubClient(place.url);
    const { printed } = await run("web-pubsub-client 7", place, [], { given: { client } });
    await client.start();
    client.stop();
    assert.equal(await printed.next(), "Client has stopped");
  },
  async "web-pubsub-client 10"(t) {
    const place = await newPlace();
    const client = new sdk.WebPubSubClient(place.url);
    const { printed } = await run("web-pubsub-client 10", place, [], { given: { client } });
    await client.start();
    t.after(() => client.stop());
    await client.joinGroup("group1");
    await place.hub.sendToAll("from the server", { contentType: "text/plain" });
    assert.equal(await printed.next(), "Received message from the server");
    await place.hub.group("group1").sendToAll("hi", { contentType: "text/plain" });
    assert.equal(await printed.next(), "Received message from group1: hi");
  },
  async Negotiate(t) {
    const place = await newPlace();
    let web;
    const app = express();
    const listen = (_, done) => (web = app.listen(0, "127.0.0.1", done));
    const own = () => ({ get: app.get.bind(app), listen });
    const { printed } = await run("NegotiateServer", place, [], { extra: { express: own } });
    t.after(() => web.close());
    assert.match(await printed.next(), /^Application server listening/);
    const origin = `http://127.0.0.1:${web.address().port}`;
    const given = { fetch: (path) => fetch(origin + path) };
    const { client } = await run("NegotiateClient", place, ["client"], { given });
    t.after(() => client.stop());
    await client.joinGroup("g");
    assert.equal(await place.hub.groupExists("g"), true);
  },
  async RejoinGroupFailed(t) {
    const place = await newPlace({});
    const { client, printed } = await run("RejoinGroupFailed", place, ["client"]);
    const connected = new Inbox();
    client.on("connected", (e) => connected.push(e));
    await client.start();
    t.after(() => client.stop());
    const { connectionId } = await connected.next("connected event");
    await place.hub.grantPermission(connectionId, "joinLeaveGroup", { targetName: "group1" });
    await client.joinGroup("group1");
    await place.hub.closeConnection(connectionId); // the next connection has no such right
    assert.match(await printed.next(), /^Rejoin group group1 failed: /);
  },
  async Retry(t) {
    const place = await newPlace();
    const { client } = await run("Retry", place, ["client"]);
    t.after(() => client.stop());
    assert.equal(await place.hub.groupExists("group1"), true);
  },
  async Subprotocol(t) {
    await startsWith(t, "Subprotocol", "json.webpubsub.azure.v1");
  },
  async SubprotocolReliable(t) {
    await startsWith(t, "SubprotocolReliable", "json.reliable.webpubsub.azure.v1");
  },
};

/** Starts the sample's client, and asks the service which protocol it speaks. */
async function startsWith(t, name, protocol) {
  const place = await newPlace();
  const { client } = await run(name, place, ["client"]);
  const heard = new Inbox();
  client.on("server-message", ({ message }) => heard.push(message.data));
  await client.start();
  t.after(() => client.stop());
  await place.hub.sendToAll("wrong", { contentType: "text/plain", filter: `protocol ne '${protocol}'` });
  await place.hub.sendToAll("right", { contentType: "text/plain", filter: `protocol eq '${protocol}'` });
  assert.equal(await heard.next(), "right");
}

/** Samples that are not run by a check of their name. */
const others = {
  NegotiateServer: "run by Negotiate",
  NegotiateClient: "run by Negotiate",
  SetLogLevel: "only turns on the SDK's log",
};

test("every sample is run, or named with its reason", () => {
  assert.equal(samples.size, 26, [...samples.keys()].join(" "));
  assert.deepEqual([...samples.keys()].filter((name) => !(name in checks) && !(name in others)), []);
});

for (const [name, check] of Object.entries(checks)) {
  test(name, check);
}
