import assert from "node:assert/strict";
import { test } from "node:test";
import { began, facts, failed, hue, status, types, what, who } from "../web/describe.js";

for (const [name, e, want] of [
  ["a frame", { type: "received", request: "sendToGroup", group: "g1", data: "hi" }, 'sendToGroup  group "g1"  hi'],
  ["a fan-out", { type: "message", target: "group", targetId: "g1", receivers: 12, data: "hi" }, 'group "g1"  to 12 clients  hi'],
  ["a message to everyone", { type: "message", target: "hub", receivers: 1, dataType: "json", data: '{"a":1}' }, 'everyone  to 1 client  {"a":1}'],
  ["a message without receivers", { type: "message", target: "user", targetId: "u1", receivers: 0, data: "x" }, 'user "u1"  to no clients  x'],
  ["bytes", { type: "message", target: "hub", receivers: 2, dataBase64: "AAH/" }, "everyone  to 2 clients  00 01 ff"],
  ["an event with a reply", { type: "event", event: "order", data: "1", status: 200, reply: "done" }, "order  1  → done"],
  ["an event without a reply", { type: "event", event: "connected", status: 204 }, "connected"],
  ["an event that failed", { type: "event", event: "order", status: 503, reason: "the handler answered 503" }, "order  ✕ the handler answered 503"],
  ["a close", { type: "closed", closeCode: 1008, reason: "too slow" }, "too slow"],
  ["a refusal", { type: "refused", method: "POST", path: "/api/x", reason: "no token" }, "POST /api/x  no token"],
  ["a permission", { type: "permission", permission: "sendToGroup", granted: true, group: "g1" }, 'granted  sendToGroup  group "g1"'],
  ["a sample", { type: "sampled", count: 120 }, "120 not shown: the rate was too high to show all"],
  ["a type of a later version", { type: "newtype", reason: "something" }, "something"],
  ["text over lines", { type: "note", reason: "a\nb" }, "a⏎b"],
  ["a hostile name", { type: "joined", group: "\u202e<b>" }, 'group "\\u202e<b>"'],
]) {
  test(`${name} is one line`, () => assert.equal(what(e), want));
}

test("an object with nothing but a type does not fail", () => {
  for (const type of [...Object.keys(types), "unknown"]) {
    assert.equal(typeof what({ type }), "string");
    assert.ok(Array.isArray(facts({ type })));
  }
});

test("failures are those with a cause, an error status or a bad type", () => {
  assert.ok(failed({ type: "refused" }) && failed({ type: "rest", status: 404 }) && failed({ type: "event", reason: "no answer" }));
  assert.ok(!failed({ type: "closed", closeCode: 1000, reason: "bye" }) && !failed({ type: "rest", status: 202 }));
});

test("who is the user, else the connection", () => {
  assert.equal(who({ userId: "ana", connectionId: "c" }), "ana");
  assert.equal(who({ connectionId: "c" }), "c");
  assert.equal(who({}), "");
});

test("status, color and beginning", () => {
  assert.equal(status({ status: 0, closeCode: 1006 }), 1006);
  assert.equal(status({}), "");
  assert.equal(hue("constructor"), "muted");
  assert.equal(began({ time: "2026-01-01T00:00:01Z", milliseconds: 250 }), Date.parse("2026-01-01T00:00:00.750Z"));
});
