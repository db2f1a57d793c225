// The view of the state: hubs, users, connections and groups, and two charts.
import { draw, greatest } from "./charts.js";
import { byId, el, emptyState } from "./dom.js";
import { compact, count, duration, oneLine } from "./format.js";
import { Sheet } from "./sheet.js";
import { anonymous, find, hubTree } from "./tree.js";

/** How many entries of a part of the tree are shown at once. */
const most = 200;

function groupCount(c) {
  const n = (c.groups ?? []).length;
  return n === 1 ? "1 group" : `${n} groups`;
}

/** StateView shows the last state of a page. page: api, store, rates, state, hub. */
export class StateView {
  #open = new Set();
  #limits = new Map();
  #drawn = "";

  constructor(root, page) {
    Object.assign(this, { root, page });
    this.tree = byId("tree");
    this.sheet = new Sheet(byId("sheet"), page, { close: () => page.go("state"), refresh: () => page.poll() });
    byId("state-filter").addEventListener("input", () => this.draw(true));
  }

  show(id) {
    this.id = id ?? "";
    this.draw(true);
  }

  hubChanged() {
    this.draw(true);
  }

  /** Brings the view up to date with the last state. */
  draw(force = false) {
    this.#charts();
    const { state } = this.page;
    if (!state) return;
    const key = JSON.stringify(state.hubs);
    if (!force && key === this.#drawn) return;
    this.#drawn = key;
    this.#tree(state);
    this.sheet.show(this.id, find(state, this.id));
    this.root.classList.toggle("with-drawer", Boolean(this.id));
  }

  #charts() {
    const now = Date.now();
    const { rates } = this.page;
    const series = { messages: rates.series("messages", now), deliveries: rates.series("deliveries", now) };
    draw(byId("chart-messages"), [{ values: series.deliveries, class: "line-2" }, { values: series.messages, class: "line-1" }], 64);
    byId("chart-messages-text").textContent = `messages ${compact(rates.last("messages", now))}/s, deliveries ${compact(rates.last("deliveries", now))}/s, highest ${compact(greatest(series.messages, series.deliveries))}/s`;
    const [half, slow] = [rates.latencies(0.5, now), rates.latencies(0.99, now)];
    draw(byId("chart-latency"), [{ values: slow, class: "line-2" }, { values: half, class: "line-1" }], 64);
    const last = (all) => all.findLast(Number.isFinite);
    byId("chart-latency-text").textContent = last(half) === undefined ? "no event in the last two minutes" : `p50 ${duration(last(half))}, p99 ${duration(last(slow))}, highest ${duration(greatest(slow.filter(Number.isFinite)))}`;
  }

  #tree(state) {
    const text = byId("state-filter").value.trim().toLowerCase();
    const fits = (c) => !text || [c.id, c.user, ...(c.groups ?? [])].some((s) => s?.toLowerCase().includes(text));
    const hubs = (state.hubs ?? []).filter((h) => !this.page.hub || h.name === this.page.hub)
      .map((h) => hubTree({ ...h, connections: (h.connections ?? []).filter(fits) }));
    const focused = document.activeElement?.closest?.("[data-node]")?.dataset.node;
    this.tree.replaceChildren(...(hubs.length === 0 ? [emptyState("No hub has a connection. Connect a client:", "wps connect --hub chat --user ana")] : hubs.map((h) => this.#hub(h))));
    if (focused) this.tree.querySelector(`[data-node="${CSS.escape(focused)}"]`)?.focus();
  }

  /** Returns a part that can be opened, whose entries are made when it is. */
  #branch(id, label, number, content, opened = false) {
    const summary = el("summary", { data: { node: id } }, label, " ", el("span", { class: "muted number", text: count(number) }));
    const details = el("details", {}, summary);
    let filled = false;
    const fill = () => {
      if (!filled) details.append(...content());
      filled = true;
    };
    details.open = this.#open.has(id) || (opened && !this.#open.has(`!${id}`));
    if (details.open) fill();
    details.addEventListener("toggle", () => {
      details.open ? fill() : this.#open.add(`!${id}`);
      details.open ? (this.#open.add(id), this.#open.delete(`!${id}`)) : this.#open.delete(id);
    });
    return details;
  }

  #hub(hub) {
    const id = `hub ${hub.name}`;
    return this.#branch(id, el("b", { text: oneLine(hub.name, 100) }), hub.count, () => [
      this.#branch(`${id} users`, "users", hub.users.length, () => this.#some(`${id} users`, hub.users, (u) =>
        this.#branch(`${id} user ${u.name}`, u.anonymous ? el("i", { text: anonymous }) : el("span", { text: oneLine(u.name, 100) }), u.connections.length, () => this.#connections(`${id} user ${u.name}`, u.connections, hub.users.length < 20), hub.users.length < 20)), true),
      this.#branch(`${id} groups`, "groups", hub.groups.length, () => this.#some(`${id} groups`, hub.groups, (g) =>
        this.#branch(`${id} group ${g.name}`, el("span", { text: oneLine(g.name, 100) }), g.connections.length, () => this.#connections(`${id} group ${g.name}`, g.connections)))),
      hub.left > 0 && el("p", { class: "muted", text: `${count(hub.left)} more connections are not listed` }),
    ].filter(Boolean), true);
  }

  #connections(id, connections) {
    return this.#some(id, connections, (c) => {
      const chosen = c.id === this.id;
      const words = [c.user && oneLine(c.user, 40), c.subprotocol ? oneLine(c.subprotocol, 40).replace(".webpubsub.azure.v1", "") : "simple", c.away && "away", groupCount(c)].filter(Boolean);
      return el("a", { href: `#state/${encodeURIComponent(c.id)}`, class: "leaf", "aria-current": chosen ? "true" : null, data: { node: `${id} ${c.id}` } },
        el("span", { class: "mono", text: oneLine(c.id, 40) }), el("span", { class: "muted", text: words.join(" · ") }));
    });
  }

  /** Returns the first entries, and a button for more. */
  #some(id, all, make) {
    const limit = this.#limits.get(id) ?? most;
    const shown = all.slice(0, limit).map(make);
    if (all.length <= limit) return shown;
    const more = () => (this.#limits.set(id, limit + most), this.draw(true));
    return [...shown, el("button", { type: "button", class: "small", on: { click: more }, text: `${count(all.length - limit)} more` })];
  }
}
