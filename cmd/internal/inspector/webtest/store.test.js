import assert from "node:assert/strict";
import { test } from "node:test";
import { Filtered, kept, keptData, Store } from "../web/store.js";

const object = (id, more = {}) => ({ id, time: "2026-01-01T00:00:00Z", type: "message", ...more });
const many = (from, n, more) => Array.from({ length: n }, (_, i) => object(from + i, more));

test("the store keeps the latest 5,000", () => {
  const store = new Store();
  store.add(many(1, 3000));
  store.add(many(3001, 4000));
  assert.equal(store.end - store.first, kept);
  assert.equal(store.at(store.first).id, 2001);
  assert.equal(store.at(store.end - 1).id, 7000);
  assert.equal(store.numberOf(2000), undefined);
  assert.equal(store.at(store.numberOf(2001)).id, 2001);
  assert.equal(store.lastId, 7000);
});

test("an object that is sent again after a reconnect is there once", () => {
  const store = new Store();
  store.add(many(1, 10));
  store.add(many(5, 10));
  assert.equal(store.end, 14);
});

test("chains lose what the ring loses", () => {
  const store = new Store();
  store.add(many(1, 3, { chain: 7 }));
  assert.deepEqual(store.chain("7").map((e) => e.id), [1, 2, 3]);
  store.add(many(4, kept - 1));
  assert.deepEqual(store.chain("7").map((e) => e.id), [3]);
  store.add([object(99_999)]);
  assert.deepEqual(store.chain("7"), []);
});

test("while paused, what arrives is held, at most 5,000 of it", () => {
  const store = new Store();
  store.add(many(1, 2));
  store.pause(true);
  store.add(many(3, kept + 100));
  assert.equal(store.end, 2);
  assert.equal(store.held, kept);
  assert.equal(store.left, 100);
  store.pause(false);
  assert.equal(store.held, 0);
  assert.equal(store.at(store.end - 1).id, kept + 102);
});

test("large data pushes out the oldest, also while paused", () => {
  const store = new Store();
  const data = "x".repeat(1 << 20);
  const large = (from) => Array.from({ length: 100 }, (_, i) => object(from + i, { data }));
  store.add(large(1));
  assert.equal((store.end - store.first) * data.length, keptData);
  assert.equal(store.at(store.end - 1).id, 100);
  store.pause(true);
  store.add(large(101));
  assert.equal(store.held * data.length, keptData);
  store.pause(false);
  assert.equal((store.end - store.first) * data.length, keptData);
  assert.equal(store.at(store.end - 1).id, 200);
  store.add([object(201, { data: "y".repeat(keptData + 1) })]);
  assert.equal(store.end - store.first, 1);
  store.clear();
  store.add(large(301));
  assert.equal((store.end - store.first) * data.length, keptData);
});

test("what the server left out is counted", () => {
  const store = new Store();
  store.add([{ type: "sampled", time: "2026-01-01T00:00:00Z", count: 120 }, object(1), { type: "dropped", count: 3 }]);
  assert.equal(store.left, 123);
  assert.equal(store.lastId, 1);
  assert.equal(store.end, 3);
  assert.equal(store.at(store.numberOf(store.at(2).id)).type, "dropped"); // it can be chosen
});

test("values for suggestions are bounded", () => {
  const store = new Store();
  store.add(Array.from({ length: 1000 }, (_, i) => object(i + 1, { userId: `u${i}`, hub: "chat" })));
  assert.equal(store.seen("user").length, 200);
  assert.deepEqual(store.seen("hub"), ["chat"]);
});

test("clearing keeps the place in the stream, another run does not", () => {
  const store = new Store();
  store.add(many(1, 5));
  store.clear();
  assert.equal(store.end - store.first, 0);
  assert.equal(store.lastId, 5);
  store.reset();
  assert.equal(store.lastId, 0);
  store.add(many(1, 1)); // ids begin again
  assert.equal(store.at(store.end - 1).id, 1);
});

test("subscribers are called once a batch, until they leave", () => {
  const store = new Store();
  const seen = [];
  const leave = store.subscribe((change) => seen.push(change.added));
  store.add(many(1, 3));
  leave();
  store.add(many(4, 3));
  assert.deepEqual(seen, [3]);
});

test("filtered rows follow the store", () => {
  const store = new Store();
  const rows = new Filtered(store, (e) => e.id % 2 === 0);
  store.add(many(1, 10));
  assert.deepEqual(rows.update(), { added: 5, dropped: 0 });
  assert.deepEqual(rows.update(), { added: 0, dropped: 0 });
  assert.equal(rows.length, 5);
  assert.equal(rows.at(0).id, 2);
  assert.equal(rows.rowOf(6), 2);
  assert.equal(rows.rowOf(5), -1);
  assert.equal(rows.rowOf(77), -1);
  store.add(many(11, kept));
  assert.deepEqual(rows.update(), { added: kept / 2, dropped: 5 });
  assert.equal(rows.at(0).id, 12);
  rows.setMatch((e) => e.id > kept);
  assert.equal(rows.at(0).id, kept + 1);
});

test("filtered rows stay right over many rounds", () => {
  const store = new Store();
  const rows = new Filtered(store, (e) => e.id % 3 === 0);
  for (let i = 0; i < 40; i++) {
    store.add(many(i * 1000 + 1, 1000));
    rows.update();
    const want = [];
    for (let n = store.first; n < store.end; n++) if (store.at(n).id % 3 === 0) want.push(store.at(n).id);
    assert.equal(rows.length, want.length);
    assert.deepEqual([rows.at(0).id, rows.at(rows.length - 1).id], [want[0], want.at(-1)]);
  }
});
