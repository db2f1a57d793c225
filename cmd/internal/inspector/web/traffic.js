// The view of the traffic: filter, table, and what is chosen in it.
import { asEventObject } from "./copyas.js";
import { chainOf, failed, hue, status, what, who } from "./describe.js";
import { byId, copy, el, emptyState, perFrame, say } from "./dom.js";
import { Drawer } from "./drawer.js";
import { parse } from "./filter.js";
import { bytes, clock, count, duration, oneLine } from "./format.js";
import { Filtered } from "./store.js";
import { Suggestions } from "./suggestions.js";
import { Table } from "./table.js";

const columns = [
  { label: "Time", class: "time", text: (e) => clock(e.time) },
  { label: "Type", class: "type", text: (e) => e.type },
  { label: "Hub", class: "hub", text: (e) => oneLine(e.hub, 60) },
  { label: "Who", class: "who", text: who },
  { label: "What", class: "what", text: what },
  { label: "Size", class: "size number", text: (e) => (e.bytes === undefined ? "" : bytes(e.bytes)) },
  { label: "Status", class: "status number", text: status },
  { label: "Time taken", class: "took number", text: (e) => duration(e.milliseconds) },
];

/** Returns a traffic object as the server sent it: an id that the store made is none. */
const withoutOwnId = (e) => (e.id > 0 ? e : { ...e, id: undefined });

/** TrafficView shows the traffic of a page. page: store, api, info(), navigate(...). */
export class TrafficView {
  #id = 0;
  #chain = "";
  #added = 0;
  #dropped = 0;

  constructor(root, page) {
    this.root = root;
    this.page = page;
    this.input = byId("filter");
    this.rows = new Filtered(page.store);
    this.drawer = new Drawer(byId("drawer"), page, { close: () => this.close(), choose: (e) => this.choose(e.id, true) });
    this.table = new Table(byId("traffic-rows"), columns, this.rows, {
      choose: (e) => this.choose(e.id, true, e),
      newer: (n) => this.#newer(n),
      tone: (e) => this.#tone(e),
    });
    this.#controls();
    this.draw = perFrame(() => this.#draw());
    page.store.subscribe(({ reset }) => {
      if (reset) this.#setFilter();
      this.#update();
      this.draw();
    });
  }

  #controls() {
    byId("newer").addEventListener("click", () => this.table.toEnd());
    byId("pause").addEventListener("click", () => this.pause());
    byId("clear").addEventListener("click", () => this.clear());
    byId("export").addEventListener("click", () => this.#save());
    new Suggestions(this.input, byId("suggestions"), this.page.store, () => this.#setFilter(true));
    this.table.table.addEventListener("keydown", (e) => this.#key(e));
  }

  #key(e) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20, Home: -Infinity, End: Infinity }[e.key];
    if (step === undefined) return;
    e.preventDefault();
    this.move(step);
  }

  /** Applies the filter in the field. */
  #setFilter(typed) {
    const hub = this.page.hub ? `hub:"${this.page.hub}" ` : "";
    const { match, errors } = parse(hub + this.input.value);
    byId("filter-error").textContent = errors.join("; ");
    this.input.setAttribute("aria-invalid", String(errors.length > 0));
    this.rows.setMatch(match);
    this.#added = this.#dropped = 0;
    this.table.replaced();
    this.table.chosen = this.rows.rowOf(this.#id);
    if (typed) this.page.remember(this.address());
    this.draw();
  }

  setFilter(text) {
    this.input.value = text;
    this.#setFilter();
  }

  hubChanged() {
    this.#setFilter();
  }

  /** Returns the part of the address that brings back what is shown. */
  address() {
    const filter = this.input.value.trim();
    return `traffic${this.#id ? `/${this.#id}` : ""}${filter ? `?${encodeURIComponent(filter)}` : ""}`;
  }

  /** Shows what an address names: the id of an object, and a filter. */
  show(id, filter) {
    if (filter !== undefined && filter !== this.input.value) this.setFilter(filter);
    Number(id) > 0 ? this.choose(Number(id), true) : this.close();
    this.draw();
  }

  /** Takes in what is new at once, so that no row is of an object that is gone. */
  #update() {
    const { added, dropped } = this.rows.update();
    this.#added += added;
    this.#dropped += dropped;
  }

  #draw() {
    const { store } = this.page;
    this.table.chosen = this.rows.rowOf(this.#id);
    this.table.changed({ added: this.#added, dropped: this.#dropped });
    this.#added = this.#dropped = 0;
    const empty = this.rows.length === 0;
    if (this.shownEmpty !== (empty && this.#emptyText())) this.#empty(empty);
    const left = store.left > 0 ? ` · ${count(store.left)} not shown` : "";
    const held = store.paused ? ` · paused, ${count(store.held)} waiting` : "";
    byId("counts").textContent = `${count(this.rows.length)} of ${count(store.end - store.first)}${left}${held}`;
    if (this.#id && !this.drawer.shown) this.#open(this.#id); // of an address, before it arrived
    this.drawer.refreshChain();
  }

  #emptyText() {
    if (this.page.store.end > this.page.store.first) return "No traffic fits the filter.";
    return this.page.info?.kind === "listen" ? "No event has come yet. Send one:" : "Nothing has happened yet. Connect a client:";
  }

  #emptyCommand() {
    const hub = this.page.hub || "chat";
    return this.page.info?.kind === "listen" ? `wps trigger ${hub}/message --data hello --to http://localhost:9000/` : `wps connect --hub ${hub} --user ana`;
  }

  #empty(empty) {
    this.shownEmpty = empty && this.#emptyText();
    const command = this.shownEmpty?.endsWith?.(":") ? this.#emptyCommand() : "";
    byId("traffic-empty").replaceChildren(...(empty ? [emptyState(this.shownEmpty, command)] : []));
  }

  #tone(e) {
    const marks = [`hue-${hue(e.type)}`];
    if (failed(e)) marks.push("failed");
    if (this.#chain && chainOf(e) === this.#chain) marks.push("in-chain");
    if (this.page.ownConnections.has(e.connectionId)) marks.push("own");
    return marks.join(" ");
  }

  #newer(n) {
    const button = byId("newer");
    button.hidden = n === 0;
    button.textContent = `${count(n)} new ↓`;
  }

  /** Chooses the object with an id, and opens its details. */
  choose(id, open, e = this.page.store.at(this.page.store.numberOf(id))) {
    this.#id = id;
    this.#chain = e ? chainOf(e) : "";
    this.table.choose(this.rows.rowOf(id));
    if (open || this.drawer.shown) this.#open(id, e);
    this.page.remember(this.address());
  }

  #open(id, e = this.page.store.at(this.page.store.numberOf(id))) {
    if (!e) return;
    this.#chain = chainOf(e);
    this.drawer.show(e);
    this.root.classList.add("with-drawer");
    this.table.choose(this.rows.rowOf(id));
  }

  close() {
    const hadFocus = this.drawer.root.contains(document.activeElement);
    this.#id = 0;
    this.#chain = "";
    this.drawer.hide();
    this.root.classList.remove("with-drawer");
    this.table.choose(-1);
    if (hadFocus) this.table.table.focus();
    this.page.remember(this.address());
  }

  /** Moves the choice by some rows; without one it begins at the end. */
  move(step) {
    const last = this.rows.length - 1;
    if (last < 0) return;
    const chosen = this.rows.rowOf(this.#id);
    const from = chosen < 0 ? last + (step > 0 ? 0 : 1) : chosen;
    this.choose(this.rows.at(Math.max(0, Math.min(last, from + step))).id, false);
    this.table.table.focus({ preventScroll: true });
  }

  /** Opens the details of the chosen row and moves the focus there. */
  open() {
    if (!this.#id) return;
    this.#open(this.#id);
    this.drawer.focus();
  }

  pause(on = !this.page.store.paused) {
    this.page.store.pause(on);
    const button = byId("pause");
    button.setAttribute("aria-pressed", String(on));
    say(on ? "paused" : "resumed");
  }

  clear() {
    this.close();
    this.page.store.clear();
    say("cleared");
  }

  copy() {
    const e = this.page.store.at(this.page.store.numberOf(this.#id));
    if (!e) return;
    const object = asEventObject(e);
    copy(JSON.stringify(object ?? e), object ? "event object copied" : "traffic object copied");
  }

  resend() {
    if (this.drawer.shown) this.drawer.resend();
  }

  /** Saves the rows that are shown as a file of one object a line. */
  #save() {
    const lines = Array.from({ length: this.rows.length }, (_, i) => JSON.stringify(withoutOwnId(this.rows.at(i))));
    const url = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "application/x-ndjson" }));
    el("a", { href: url, download: "traffic.ndjson" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
}
