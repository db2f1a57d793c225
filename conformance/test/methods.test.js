// Every method and event of the SDKs is used by a test.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { WebPubSubClient, WebPubSubJsonProtocol } from "@azure/web-pubsub-client";

const tests = readdirSync(new URL(".", import.meta.url))
  .filter((name) => name !== "methods.test.js")
  .map((name) => readFileSync(new URL(name, import.meta.url), "utf8"))
  .join("\n");

/** The public methods of an object, by its own declaration. */
function methods(object, declaration) {
  const declared = readFileSync(new URL(`../node_modules/@azure/${declaration}`, import.meta.url), "utf8");
  return Object.getOwnPropertyNames(Object.getPrototypeOf(object)).filter(
    (name) => name !== "constructor" && new RegExp(`^    ${name}\\(`, "m").test(declared));
}

const hub = new WebPubSubServiceClient("Endpoint=https://localhost;AccessKey=key;Version=1.0;", "h");
const client = new WebPubSubClient("wss://localhost", { protocol: WebPubSubJsonProtocol() });
const subjects = {
  WebPubSubServiceClient: [hub, "web-pubsub/dist/esm/hubClient.d.ts", 18],
  WebPubSubGroup: [hub.group("g"), "web-pubsub/dist/esm/groupClient.d.ts", 7],
  WebPubSubClient: [client, "web-pubsub-client/dist/esm/webPubSubClient.d.ts", 11],
};

for (const [name, [object, declaration, count]] of Object.entries(subjects)) {
  test(`every method of ${name}`, () => {
    const all = methods(object, declaration);
    assert.equal(all.length, count, all.join(" "));
    assert.deepEqual(all.filter((m) => !tests.includes(`.${m}(`)), []);
  });
}

test("every event of WebPubSubClient", () => {
  const declared = readFileSync(new URL("../node_modules/@azure/web-pubsub-client/dist/esm/webPubSubClient.d.ts", import.meta.url), "utf8");
  const events = [...declared.matchAll(/^    on\(event: "([\w-]+)"/gm)].map(([, event]) => event);
  const heard = tests + readFileSync(new URL("../kit.js", import.meta.url), "utf8");
  assert.equal(events.length, 6, events.join(" "));
  assert.deepEqual(events.filter((event) => !heard.includes(`.on("${event}"`)), []);
});
