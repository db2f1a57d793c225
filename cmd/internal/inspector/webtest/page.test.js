// What holds for the files of the page, and its smaller modules.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parseAddress, takeToken, tokenOf } from "../web/address.js";
import { layout } from "../web/chain.js";
import { ceiling, greatest, lines } from "../web/charts.js";
import { nextName } from "../web/clients.js";
import { bindings, isTyping, Sequence } from "../web/keys.js";
import { list, missing, operation, operations } from "../web/operations.js";
import { Rates } from "../web/rates.js";
import { snippets } from "../web/snippets.js";
import { countAll, find, hubTree } from "../web/tree.js";

const web = new URL("../web/", import.meta.url);
const files = readdirSync(web);
const read = (name) => readFileSync(new URL(name, web), "utf8");

test("text never becomes markup or code", () => {
  const parsing = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|setHTML|srcdoc|\beval\(|new Function|javascript:/;
  for (const name of files.filter((f) => f.endsWith(".js"))) assert.doesNotMatch(read(name), parsing, name);
});

test("the page has nothing inline, and nothing of another host", () => {
  const html = read("index.html");
  assert.doesNotMatch(html, /\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)/i);
  const hosts = (text) => [...text.matchAll(/(?:https?:)?\/\/([\w.-]+)/g)].map((m) => m[1]);
  assert.deepEqual(hosts(html).filter((h) => h !== "localhost"), []);
  assert.deepEqual(hosts(read("style.css")), []);
  assert.doesNotMatch(read("style.css"), /@import|url\(/);
});

test("every module and style that is named exists, and every module is used", () => {
  const named = new Set(["index.html", ...[...read("index.html").matchAll(/"_ui\/([\w.]+)"/g)].map((m) => m[1])]);
  for (const name of files.filter((f) => f.endsWith(".js"))) for (const m of read(name).matchAll(/from "\.\/([\w.]+)"/g)) named.add(m[1]);
  assert.deepEqual([...named].sort(), files.sort());
});

test("modules are short", () => {
  for (const name of files.filter((f) => f.endsWith(".js"))) assert.ok(read(name).split("\n").length <= 300, name);
});

test("the address holds view, id and filter", () => {
  const views = ["traffic", "state"];
  assert.deepEqual(parseAddress("", views), { view: "traffic", id: undefined, filter: undefined });
  assert.deepEqual(parseAddress("#traffic/17?hub%3Achat", views), { view: "traffic", id: "17", filter: "hub:chat" });
  assert.deepEqual(parseAddress("#state/a%2Fb", views), { view: "state", id: "a/b", filter: undefined });
  assert.deepEqual(parseAddress("#nonsense/%zz", views), { view: "traffic", id: "%zz", filter: undefined });
});

test("the token leaves the address", () => {
  const kept = {};
  let shown;
  const take = (hash) => takeToken({ hash, pathname: "/", search: "" }, (name, value) => (kept[name] = value), (url) => (shown = url));
  assert.equal(take("#token=abcdefgh12"), "abcdefgh12");
  assert.equal(kept.token, "abcdefgh12");
  assert.equal(shown, "/#traffic");
  assert.equal(take("#token=abcdefgh12&state/c1"), "abcdefgh12");
  assert.equal(shown, "/#state/c1");
  assert.equal(take("#traffic"), "");
  assert.equal(tokenOf(" http://localhost:8080/#token=abc-_1 "), "abc-_1");
  assert.equal(tokenOf("abcdefgh"), "abcdefgh");
  assert.equal(tokenOf("what is this?"), "");
});

test("keys are single or sequences that expire", () => {
  const s = new Sequence();
  assert.equal(s.press("j", 0), "next");
  assert.equal(s.press("g", 100), "");
  assert.equal(s.press("t", 200), "view:traffic");
  assert.equal(s.press("g", 300), "");
  assert.equal(s.press("c", 5000), "copy");
  assert.equal(s.press("g", 6000), "");
  assert.equal(s.press("p", 6100), "pause");
  assert.equal(s.press("x", 6200), "");
  assert.equal(new Set(bindings.map((b) => b.keys)).size, bindings.length);
  assert.ok(isTyping({ tagName: "INPUT" }) && isTyping({ tagName: "DIV", isContentEditable: true }) && !isTyping({ tagName: "TD" }));
});

test("every operation makes its event object", () => {
  const values = { targetType: "Groups", targetId: "g1", dataType: "text", message: "hi", connectionId: "c1", groupId: "g", groupIds: "a, b", filter: "userId eq 'a'", permission: "sendToGroup", targetName: "g", reason: "", excludes: "c2\nc3", ttlSeconds: "60" };
  const made = Object.fromEntries(operations.map((o) => [o.name, o.build(values)]));
  assert.deepEqual(made.send, { type: "MessageEvent", targetType: "Groups", targetId: "g1", message: "hi", dataType: "text", excludes: ["c2", "c3"], filter: "userId eq 'a'", ttlSeconds: 60 });
  assert.deepEqual(made.join, { type: "GroupEvent", groupAction: "Join", targetType: "Groups", targetId: "g1", groupId: "g" });
  assert.deepEqual(made["leave-many"], { type: "GroupEvent", groupAction: "Leave", targetType: "All", groupIds: ["a", "b"], filter: "userId eq 'a'" });
  assert.deepEqual(made.close, { type: "CloseConnectionEvent", connectionId: "c1" });
  assert.deepEqual(made.grant, { type: "PermissionEvent", permissionAction: "Grant", connectionId: "c1", permission: "sendToGroup", targetName: "g" });
  assert.deepEqual(operation("send").build({ ...values, targetType: "All", excludes: "", filter: "", ttlSeconds: "", dataType: "json", message: '{"a": 1}' }), { type: "MessageEvent", targetType: "All", message: '{"a": 1}', dataType: "json" });
  assert.deepEqual(operation("send").build({ targetType: "Connections", targetId: "c", dataType: "json", message: "[1,2]", filter: "x", excludes: "y" }), { type: "MessageEvent", targetType: "Connections", targetId: "c", message: [1, 2], dataType: "json" });
  assert.equal(operation("nonsense").name, "send");
});

test("what is not filled in is named", () => {
  assert.deepEqual(missing(operation("send"), { targetType: "All" }), []);
  assert.deepEqual(missing(operation("send"), { targetType: "Users", targetId: " " }), ["Its id or name"]);
  assert.deepEqual(missing(operation("grant"), {}), ["Connection id", "Group"]);
  assert.deepEqual(list(" a, b\n\nc ,"), ["a", "b", "c"]);
});

test("rates count by second and forget after two minutes", () => {
  const rates = new Rates();
  const at = (s, more) => ({ time: new Date(s * 1000).toISOString(), type: "message", ...more });
  for (let i = 0; i < 10; i++) rates.add(at(1000.5));
  rates.add(at(1001, { type: "sampled", count: 90 }));
  rates.add(at(1001, { type: "event", milliseconds: 5 }));
  rates.add(at(1001, { type: "event", milliseconds: 15 }));
  rates.add({ type: "message", time: "nonsense" });
  assert.deepEqual(rates.series("all", 1_002_500).slice(-2), [10, 92]);
  assert.equal(rates.latencies(0.99, 1_002_500).at(-1), 15);
  assert.equal(rates.latencies(0.5, 1_002_500).at(-1), 5);
  assert.ok(Number.isNaN(rates.latencies(0.5, 1_002_500).at(-2)));
  assert.equal(greatest(rates.series("all", 1_200_000)), 0);
});

test("totals of two answers become rates, a new run does not", () => {
  const rates = new Rates();
  rates.addTotals({ time: "2026-01-01T00:00:00Z", totals: { messages: 0, deliveries: 100 } }, { time: "2026-01-01T00:00:02Z", totals: { messages: 20, deliveries: 300 } });
  const now = Date.parse("2026-01-01T00:00:03Z");
  assert.deepEqual(rates.series("messages", now).slice(-2), [10, 10]);
  assert.deepEqual(rates.series("deliveries", now).slice(-2), [100, 100]);
  const late = new Rates();
  late.addTotals({ time: "2026-01-01T00:00:00Z", totals: { messages: 0 } }, { time: "2026-01-01T00:10:00Z", totals: { messages: 1200 } });
  assert.deepEqual(late.series("messages", Date.parse("2026-01-01T00:10:01Z")).slice(-2), [2, 2]);
  rates.addTotals({ time: "2026-01-01T00:00:02Z", totals: { messages: 20 } }, { time: "2026-01-01T00:00:03Z", totals: { messages: 0 } });
  assert.deepEqual(rates.series("messages", now).slice(-2), [10, 10]);
});

test("charts have round tops and lines over small gaps", () => {
  for (const [n, want] of [[0, 1], [1, 1], [1.2, 2], [7, 10], [35, 50], [1000, 1000], [1001, 2000]]) assert.equal(ceiling(n), want);
  const gap = new Array(30).fill(NaN);
  assert.equal(lines([1, NaN, 2], 10, 2).length, 1);
  assert.equal(lines([1, ...gap, 2], 10, 2).length, 2);
  assert.deepEqual(lines(gap, 10, 1), []);
});

test("a chain is laid out by when each began", () => {
  const event = { id: 3, time: "2026-01-01T00:00:00.100Z", milliseconds: 50 };
  const reply = { id: 2, time: "2026-01-01T00:00:00.090Z" };
  const frame = { id: 1, time: "2026-01-01T00:00:00.000Z" };
  const { whole, bars } = layout([event, frame, reply]);
  assert.equal(whole, 100);
  assert.deepEqual(bars, [{ e: frame, at: 0, offset: 0, width: 0 }, { e: event, at: 50, offset: 50, width: 50 }, { e: reply, at: 90, offset: 90, width: 0 }]);
  // An event whose time began a little before its frame was published.
  const early = layout([{ id: 1, time: "2026-01-01T00:00:00.010Z" }, { id: 2, time: "2026-01-01T00:00:00.020Z", milliseconds: 11 }]);
  assert.deepEqual(early.bars.map((b) => [b.e.id, b.at, b.width]), [[1, 0, 0], [2, 0, 100]]);
  assert.equal(layout([{ id: 1, time: "2026-01-01T00:00:00Z" }]).whole, 0);
});

test("the tree lists users and groups of a hub", () => {
  const hub = { name: "chat", left: 5, connections: [{ id: "c2", user: "bo", groups: ["g2", "g1"] }, { id: "c1", user: "ana", groups: ["g1"] }, { id: "c3" }] };
  const tree = hubTree(hub);
  assert.equal(tree.count, 8);
  assert.deepEqual(tree.users.map((u) => [u.name, u.connections.length, u.anonymous]), [["", 1, true], ["ana", 1, false], ["bo", 1, false]]);
  assert.deepEqual(tree.groups.map((g) => [g.name, g.connections.map((c) => c.id)]), [["g1", ["c2", "c1"]], ["g2", ["c2"]]]);
  assert.deepEqual(find({ hubs: [hub] }, "c3"), { hub: "chat", connection: { id: "c3" } });
  assert.equal(find({ hubs: [hub] }, "zzz"), null);
  assert.equal(find(null, "x"), null);
  assert.equal(countAll({ hubs: [hub] }), 8);
  assert.deepEqual(hubTree({ name: "__proto__", connections: [{ id: "x", user: "__proto__", groups: ["__proto__"] }] }).users[0].name, "__proto__");
});

test("snippets name the hub, and none holds a key", () => {
  for (const { name, text } of snippets("my-hub", "http://localhost:8080")) {
    assert.match(text, /my-hub/, name);
    assert.doesNotMatch(text, /AccessKey=/, name);
  }
  assert.doesNotMatch(snippets("chat", "https://x.webpubsub.azure.com")[0].text, /allowInsecureConnection/);
});

test("the next client is another user", () => {
  for (const [name, want] of [["", ""], ["ana", "ana2"], ["u9", "u10"]]) assert.equal(nextName(name), want);
});
