import assert from "node:assert/strict";
import { test } from "node:test";
import { complete, parse, suggest, words } from "../web/filter.js";

const all = [
  { id: 1, type: "opened", hub: "chat", userId: "ana", connectionId: "c1" },
  { id: 2, type: "received", hub: "chat", userId: "ana", connectionId: "c1", request: "sendToGroup", group: "g 1", data: "Hello", bytes: 5, chain: 9 },
  { id: 3, type: "message", hub: "chat", target: "group", targetId: "g 1", receivers: 2, data: "Hello", bytes: 5, chain: 9 },
  { id: 4, type: "event", hub: "news", userId: "bo", event: "order", status: 503, milliseconds: 80, reason: "no answer" },
  { id: 5, type: "refused", hub: "chat", status: 401, path: "/api/hubs/chat/:send" },
  { id: 6, type: "closed", hub: "chat", userId: "ana.b", closeCode: 1006 },
];

const ids = (text) => all.filter(parse(text).match).map((e) => e.id).join();

for (const [text, want] of [
  ["", "1,2,3,4,5,6"], ["hub:chat", "1,2,3,5,6"], ["HUB:Chat type:event", ""], ["type:event", "4"], ["kind:event,refused", "4,5"], ["user:ana", "1,2"],
  ["user:ana*", "1,2,6"], ["user:*.b", "6"], ["-hub:chat", "4"], ["status:>=400", "4,5,6"], ["status:4xx", "5"], ["status:<500", "5"], ["status:=503", "4"],
  ["ms:>50", "4"], ["size:5", "2,3"], ['group:"g 1"', "2,3"], ["hello", "2,3"], ['"no answer"', "4"], ["-hello hub:chat", "1,5,6"], ["chain:9", "2,3"],
  ["id:5", "5"], ["conn:c1", "1,2"], ["connection:c1", "1,2"], ["hub:", "1,2,3,4,5,6"], ["user:", "1,2,3,4,5,6"], ["/api/hubs", "5"], ["-", ""],
  ["a:b", ""], ["user:ana.b", "6"], ["user:a.a", ""], ["user:[", ""], ["*", ""], ['"', "1,2,3,4,5,6"], ["event:order", "4"],
]) {
  test(`the filter ${JSON.stringify(text)} finds ${want || "nothing"}`, () => assert.equal(ids(text), want));
}

test("a word that is no number is named, and the others count", () => {
  const { errors, match } = parse("status:abc hub:news ms:fast");
  assert.equal(errors.length, 2);
  assert.match(errors[0], /^status:abc is not a number: use status:200, status:>=400 or status:4xx$/);
  assert.match(errors[1], /^ms:fast is not a number: use ms:200/);
  assert.deepEqual(all.filter(match).map((e) => e.id), [4]);
});

test("a hostile pattern is a text", () => {
  assert.doesNotThrow(() => parse("user:(((*a+)+$ \\ [ "));
  assert.equal(ids("user:(a+)+$*"), "");
});

test("words keep what is in quotation marks", () => {
  assert.deepEqual(words(' a "b c" d:"e f" ').map((w) => w.text), ["a", '"b c"', 'd:"e f"']);
});

const seen = (key) => ({ hub: ["chat", "news"], user: ["ana", "ana maria"] })[key] ?? [];

test("suggestions are keys, then values that occurred", () => {
  const texts = (text) => suggest(text, text.length, seen).map((s) => s.text);
  assert.deepEqual(texts("h"), ["hub:"]);
  assert.deepEqual(texts("hub:chat -us"), ["-user:"]);
  assert.deepEqual(texts("hub:"), ["hub:chat", "hub:news"]);
  assert.deepEqual(texts("user:ana "), texts(""));
  assert.deepEqual(texts("user:an"), ["user:ana", 'user:"ana maria"']);
  assert.deepEqual(texts("user:ana"), ['user:"ana maria"']);
  assert.deepEqual(texts("zzz"), []);
  assert.ok(texts("").includes("type:"));
});

test("a suggestion replaces the word at the cursor", () => {
  assert.deepEqual(complete("hub:chat us text", 11, "user:"), { text: "hub:chat user: text", cursor: 14 });
  assert.deepEqual(complete("hu", 2, "hub:chat"), { text: "hub:chat ", cursor: 9 });
});
