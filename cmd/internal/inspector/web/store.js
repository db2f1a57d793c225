// The latest traffic: a ring of 5,000 objects, and their chains. Nothing here knows a
// document.
import { chainOf } from "./describe.js";

/** How many traffic objects are kept. */
export const kept = 5000;

/** How many characters of data they have at most, all together. */
export const keptData = 48 << 20;

/** How many different values of a key are remembered for suggestions. */
const mostSeen = 200;

const seenKeys = { type: "type", hub: "hub", user: "userId", conn: "connectionId", group: "group", event: "event", status: "status" };

/** Returns how many characters of data a traffic object has. */
const dataSize = (e) => (e.data?.length ?? 0) + (e.dataBase64?.length ?? 0) + (e.reply?.length ?? 0) + (e.replyBase64?.length ?? 0);

/** Store keeps traffic objects. first and end bound the numbers of those it has. */
export class Store {
  #ring = new Array(kept);
  #chains = new Map();
  #byId = new Map();
  #listeners = new Set();
  #held = [];
  #data = 0; // characters of data in the ring
  #heldData = 0;
  #seen = new Map();
  first = 0;
  end = 0;
  /** How many the server left out, and how many were lost while paused. */
  left = 0;
  paused = false;
  lastId = 0;

  /** Calls fn({added, reset}) after each change. Returns a function that ends this. */
  subscribe(fn) {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }

  #changed(change) {
    for (const fn of this.#listeners) fn(change);
  }

  /** Adds traffic objects; while paused they are held, at most 5,000 of them. */
  add(batch) {
    if (batch.length === 0) return;
    this.lastId = batch.findLast((e) => e.id > 0)?.id ?? this.lastId;
    if (!this.paused) return this.#append(batch);
    this.#hold(batch);
    this.#changed({ added: 0, held: this.#held.length });
  }

  #hold(batch) {
    for (const e of batch) {
      this.#held.push(e);
      this.#heldData += dataSize(e);
    }
    let over = 0;
    while (this.#held.length - over > kept || this.#heldData > keptData) this.#heldData -= dataSize(this.#held[over++]);
    this.#held.splice(0, over);
    this.left += over;
  }

  #append(batch) {
    for (const e of batch) this.#put(e);
    this.#changed({ added: batch.length });
  }

  #put(e) {
    if (e.type === "sampled" || e.type === "dropped") this.left += e.count ?? 0;
    e.id ??= -1 - this.end; // of one that is not part of the stream, such as sampled
    if (this.#byId.has(e.id)) return; // sent again after a reconnect
    this.#data += dataSize(e);
    while (this.end > this.first && (this.end - this.first === kept || this.#data > keptData)) this.#evict();
    this.#ring[this.end % kept] = e;
    this.#byId.set(e.id, this.end);
    const chain = chainOf(e);
    if (chain) this.#chain(chain).push(e);
    this.#note(e);
    this.end++;
  }

  #chain(id) {
    let chain = this.#chains.get(id);
    if (!chain) this.#chains.set(id, (chain = []));
    return chain;
  }

  #evict() {
    const e = this.#ring[this.first % kept];
    this.#ring[this.first % kept] = undefined;
    this.first++;
    this.#data -= dataSize(e);
    this.#byId.delete(e.id);
    const chain = this.#chains.get(chainOf(e));
    if (!chain) return;
    chain.shift();
    if (chain.length === 0) this.#chains.delete(chainOf(e));
  }

  #note(e) {
    for (const [key, member] of Object.entries(seenKeys)) {
      const value = e[member];
      if (value === undefined || value === null || value === "") continue;
      let values = this.#seen.get(key);
      if (!values) this.#seen.set(key, (values = new Set()));
      if (values.size < mostSeen) values.add(String(value));
    }
  }

  /** Returns the object with a number from first to end - 1. */
  at(n) {
    return n >= this.first && n < this.end ? this.#ring[n % kept] : undefined;
  }

  /** Returns the number of the object with an id, undefined for none. */
  numberOf(id) {
    return this.#byId.get(id);
  }

  /** Returns the objects of a chain, oldest first. */
  chain(id) {
    return this.#chains.get(id) ?? [];
  }

  /** Returns the values of a key of the filter that occurred, sorted. */
  seen(key) {
    return [...(this.#seen.get(key) ?? [])].sort();
  }

  /** Returns how many objects are held while paused. */
  get held() {
    return this.#held.length;
  }

  /** Stops or resumes showing what arrives. */
  pause(paused) {
    this.paused = paused;
    const held = this.#held;
    this.#held = [];
    this.#heldData = 0;
    if (!paused && held.length > 0) return this.#append(held);
    this.#changed({ added: 0 });
  }

  /** Forgets everything. */
  clear() {
    this.first = this.end;
    this.#ring = new Array(kept);
    this.#chains.clear();
    this.#byId.clear();
    this.#held = [];
    this.#data = this.#heldData = 0;
    this.left = 0;
    this.#changed({ added: 0, reset: true });
  }

  /** Forgets everything, also the run that it came from. */
  reset() {
    this.lastId = 0;
    this.#seen.clear();
    this.clear();
  }
}

/** Filtered keeps the numbers of the objects of a store that fit a filter. */
export class Filtered {
  #numbers = [];
  #head = 0;
  #next = 0;

  constructor(store, match = () => true) {
    this.store = store;
    this.setMatch(match);
  }

  setMatch(match) {
    this.match = match;
    this.#numbers = [];
    this.#head = 0;
    this.#next = this.store.first;
    this.update();
  }

  /** Takes in what is new. Returns {added, dropped}. */
  update() {
    const before = this.#numbers.length;
    for (this.#next = Math.max(this.#next, this.store.first); this.#next < this.store.end; this.#next++) {
      if (this.match(this.store.at(this.#next))) this.#numbers.push(this.#next);
    }
    const added = this.#numbers.length - before;
    const head = this.#head;
    while (this.#head < this.#numbers.length && this.#numbers[this.#head] < this.store.first) this.#head++;
    const dropped = this.#head - head;
    if (this.#head > kept) {
      this.#numbers.splice(0, this.#head);
      this.#head = 0;
    }
    return { added, dropped };
  }

  get length() {
    return this.#numbers.length - this.#head;
  }

  /** Returns the object in row i, oldest first. */
  at(i) {
    return this.store.at(this.#numbers[this.#head + i]);
  }

  /** Returns the row of the object with an id, -1 for none. */
  rowOf(id) {
    const number = this.store.numberOf(id);
    if (number === undefined) return -1;
    let low = this.#head;
    let high = this.#numbers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      this.#numbers[middle] < number ? (low = middle + 1) : (high = middle);
    }
    return this.#numbers[low] === number ? low - this.#head : -1;
  }
}
