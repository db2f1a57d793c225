// What wps negotiate gives against what the server SDK gives, and against the
// client SDK.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { WebPubSubClient, WebPubSubJsonProtocol } from "@azure/web-pubsub-client";
import { Inbox, connectionString, within } from "../kit.js";

const wps = process.env.WPS ?? "wps";

async function negotiate(...args) {
  const { stdout } = await promisify(execFile)(wps, ["negotiate", ...args]);
  return JSON.parse(stdout);
}

function claims(token) {
  const { iat, exp, ...rest } = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  return { lifetime: exp - iat, ...rest };
}

test("the token has the claims of the SDK's", async () => {
  const hub = new WebPubSubServiceClient(connectionString, "conformance", { allowInsecureConnection: true });
  const theirs = await hub.getClientAccessToken({
    userId: "u1",
    roles: ["webpubsub.sendToGroup"],
    groups: ["g1", "g2"],
    expirationTimeInMinutes: 5,
  });
  const ours = await negotiate(
    "--hub", "conformance", "--user", "u1", "--role", "webpubsub.sendToGroup",
    "--group", "g1", "--group", "g2", "--expires", "5m", "-o", "json");
  assert.equal(ours.baseUrl, theirs.baseUrl);
  assert.equal(ours.url, `${ours.baseUrl}?access_token=${ours.accessToken}`);
  assert.deepEqual(claims(ours.accessToken), claims(theirs.token));
});

test("the anonymous token and the MQTT address are the SDK's", async () => {
  const hub = new WebPubSubServiceClient(connectionString, "conformance", { allowInsecureConnection: true });
  const theirs = await hub.getClientAccessToken({ clientProtocol: "mqtt" });
  const ours = await negotiate("--hub", "conformance", "--client", "mqtt", "-o", "json");
  assert.equal(ours.baseUrl, theirs.baseUrl);
  assert.deepEqual(claims(ours.accessToken), claims(theirs.token));
});

test("the client SDK connects with the URL and gets what wps send sends", async (t) => {
  const { url } = await negotiate("--hub", "conformance", "--user", "u1", "--group", "g1", "-o", "json");
  const client = new WebPubSubClient(url, { protocol: WebPubSubJsonProtocol(), autoReconnect: false });
  const inbox = new Inbox();
  client.on("group-message", (e) => inbox.push(e.message));
  await client.start();
  t.after(() => client.stop());
  await within(promisify(execFile)(wps, ["send", "--hub", "conformance", "--group", "g1", "hello"]), "wps send");
  assert.equal((await inbox.next()).data, "hello");
});
