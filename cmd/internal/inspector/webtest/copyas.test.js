import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { asCurl, asEventObject, asTrigger, shellWord } from "../web/copyas.js";

test("a word comes back from a shell as it was", { skip: process.platform === "win32" }, () => {
  for (const word of ["plain", "two words", "it's", "$(id) `id` \\ \"q\"", "", "-", "a\nb", "é", "!x"]) {
    assert.equal(execFileSync("sh", ["-c", `printf %s ${shellWord(word)}`]).toString(), word);
  }
});

for (const [name, e, want] of [
  ["a message to a group", { type: "message", target: "group", targetId: "g1", dataType: "text", data: "hi", bytes: 2 }, { type: "MessageEvent", targetType: "Groups", targetId: "g1", message: "hi", dataType: "text" }],
  ["a message to everyone", { type: "message", target: "hub", dataType: "json", data: '{"a":1}' }, { type: "MessageEvent", targetType: "All", message: { a: 1 }, dataType: "json" }],
  ["a long number", { type: "message", target: "hub", dataType: "json", data: "12345678901234567890" }, { type: "MessageEvent", targetType: "All", message: "12345678901234567890", dataType: "json" }],
  ["a JSON string", { type: "message", target: "hub", dataType: "json", data: '"1"' }, { type: "MessageEvent", targetType: "All", message: '"1"', dataType: "json" }],
  ["a message with more members", { type: "received", request: "sendToGroup", group: "g", dataType: "text", data: "x", ttlSeconds: 5, metadata: { a: "b" } }, { type: "MessageEvent", targetType: "Groups", targetId: "g", message: "x", dataType: "text", ttlSeconds: 5, metadata: { a: "b" } }],
  ["bytes", { type: "message", target: "user", targetId: "u", dataType: "protobuf", dataBase64: "AAE=" }, { type: "MessageEvent", targetType: "Users", targetId: "u", message: "AAE=", dataType: "binary" }],
  ["a frame to a group", { type: "received", request: "sendToGroup", group: "g", dataType: "text", data: "x", bytes: 1 }, { type: "MessageEvent", targetType: "Groups", targetId: "g", message: "x", dataType: "text" }],
  ["a frame that joins", { type: "received", request: "joinGroup", group: "g", connectionId: "c" }, { type: "GroupEvent", groupAction: "Join", targetType: "Connections", targetId: "c", groupId: "g" }],
  ["leaving", { type: "left", group: "g", connectionId: "c" }, { type: "GroupEvent", groupAction: "Leave", targetType: "Connections", targetId: "c", groupId: "g" }],
  ["a permission", { type: "permission", permission: "sendToGroup", group: "g", granted: false, connectionId: "c" }, { type: "PermissionEvent", permissionAction: "Revoke", connectionId: "c", permission: "sendToGroup", targetName: "g" }],
  ["data that was cut", { type: "message", target: "hub", data: "x", left: 10 }, null],
  ["data that was not recorded", { type: "message", target: "hub", bytes: 10 }, null],
  ["an event", { type: "event", event: "order", data: "1" }, null],
  ["a ping", { type: "received", request: "ping" }, null],
  ["an unknown type", { type: "toString" }, null],
]) {
  test(`the event object of ${name}`, () => assert.deepEqual(asEventObject(e), want));
}

test("an event becomes a wps trigger line", () => {
  assert.equal(asTrigger({ type: "event", hub: "chat", event: "order", eventType: "user", userId: "it's", connectionId: "c1", dataType: "json", data: '{"n": 1}', hook: "http://localhost:7071/eh" }),
    `wps trigger chat/order --to http://localhost:7071/eh --user 'it'\\''s' --connection c1 --data '{"n": 1}' --data-type json`);
  assert.equal(asTrigger({ type: "event", event: "connected", eventType: "system", hook: "./hook.sh" }), "wps trigger connected --to http://localhost:9000/eventhandler");
  assert.match(asTrigger({ type: "event", event: "m", dataType: "binary", dataBase64: "AAE=" }), /^printf %s AAE= \| base64 -d \| wps trigger m .* --data-type binary --data -$/);
  assert.match(asTrigger({ type: "event", event: "m", data: "@file" }), /--data - <<< @file$/);
  assert.match(asTrigger({ type: "event", event: "m", dataType: "text", data: "x", metadata: { "x-a": "b c" } }), / --meta 'x-a=b c' --data x$/);
  assert.equal(asTrigger({ type: "message" }), "");
});

test("a request becomes a curl command without its secrets", () => {
  const e = { type: "rest", method: "POST", path: "/api/hubs/chat/:send?api-version=2024-12-01", dataType: "text", data: "it's", requestHeaders: { Authorization: ["***"], "Content-Type": ["text/plain"], Host: ["x"] } };
  assert.equal(asCurl(e, "http://localhost:8080"),
    `curl -X POST 'http://localhost:8080/api/hubs/chat/:send?api-version=2024-12-01' -H "Authorization: Bearer $TOKEN" -H 'Content-Type: text/plain' --data-raw 'it'\\''s'`);
  assert.match(asCurl({ ...e, data: undefined, dataBase64: "AAE=" }, "http://h"), /^printf %s AAE= \| base64 -d \| curl .* --data-binary @-$/);
  assert.equal(asCurl({ type: "event" }, "http://h"), "");
});
