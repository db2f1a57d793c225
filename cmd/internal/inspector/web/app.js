// The page: token, address, top bar, keys, and the views.
import { Api } from "./api.js";
import { draw } from "./charts.js";
import { ClientsView } from "./clients.js";
import { ConnectView } from "./connect.js";
import { byId, copy, el, perFrame, say } from "./dom.js";
import { Follower } from "./follow.js";
import { compact, count, oneLine, plain } from "./format.js";
import { bindings, isTyping, Sequence } from "./keys.js";
import { Rates } from "./rates.js";
import { parseAddress, takeToken, tokenOf } from "./address.js";
import { SendView } from "./send.js";
import { StateView } from "./state.js";
import { Store } from "./store.js";
import { TrafficView } from "./traffic.js";
import { countAll } from "./tree.js";

/** How often the state is asked for, in milliseconds: while it is shown, and else. */
const pollShown = 1500;
const pollElse = 5000;
const pollSoon = 500; // after a connection was opened or closed

/** What of a page each view needs from the server. */
const needs = { clients: "clients", send: "send", state: "state" };

class Page {
  store = new Store();
  rates = new Rates();
  ownConnections = new Set();
  info = null;
  state = null;
  hub = "";
  view = "";
  #sequence = new Sequence();
  #pollTimer = 0;

  constructor(token) {
    this.api = new Api(new URL("_ui/api/", document.baseURI), token);
    this.views = {
      traffic: new TrafficView(byId("view-traffic"), this), clients: new ClientsView(byId("view-clients"), this),
      send: new SendView(byId("view-send"), this), state: new StateView(byId("view-state"), this), connect: new ConnectView(byId("view-connect"), this),
    };
    this.drawTop = perFrame(() => this.#drawTop());
    document.addEventListener("visibilitychange", () => this.poll());
    addEventListener("hashchange", () => this.#navigated());
    document.addEventListener("keydown", (e) => this.#key(e));
    this.#bar();
    this.#navigated();
    this.#follow();
    setInterval(() => this.drawTop(), 1000);
  }

  #bar() {
    byId("endpoint-copy").addEventListener("click", () => copy(this.info?.endpoint ?? location.origin, "endpoint copied"));
    byId("hub").addEventListener("change", (e) => this.#setHub(e.target.value));
    byId("theme").addEventListener("click", nextTheme);
    byId("help-open").addEventListener("click", () => this.#help());
    byId("token-form").addEventListener("submit", (e) => {
      e.preventDefault();
      const token = tokenOf(byId("token").value);
      if (!token) return byId("token").focus();
      keep("token", token);
      location.reload();
    });
    byId("help-keys").append(...bindings.map((b) => el("div", {}, el("dt", {}, b.keys.split(" ").map((k) => el("kbd", { text: k }))), el("dd", { text: b.text }))));
  }

  #follow() {
    this.follower = new Follower(this.api, () => this.store.lastId, {
      info: (info) => this.#informed(info),
      reset: () => this.#newRun(),
      events: (batch) => {
        batch.forEach((e) => this.rates.add(e));
        if (batch.some((e) => e.type === "opened" || e.type === "closed")) this.#pollSoon();
        this.store.add(batch);
        this.drawTop();
      },
      state: (name, error) => this.#connection(name, error),
    });
    byId("lost-retry").addEventListener("click", () => this.follower.retry());
    this.follower.run();
  }

  #newRun() {
    this.store.reset();
    this.rates.clear();
    this.state = null;
    this.ownConnections.clear();
    say("the server was started again");
  }

  #informed(info) {
    this.info = info;
    document.title = `wps ${new URL(info.endpoint).host}`;
    byId("endpoint").textContent = info.endpoint;
    byId("version").textContent = info.version ? `wps ${info.version}` : "";
    for (const [view, need] of Object.entries(needs)) {
      document.querySelector(`nav a[href="#${view}"]`).hidden = info.can?.[need] === false;
    }
    byId("connections-figure").hidden = info.can?.state === false;
    if (info.can?.[needs[this.view]] === false) this.go("traffic");
    this.#hubs();
    this.#show();
    this.poll();
  }

  /** Lists the hubs that are known. */
  #hubs() {
    const select = byId("hub");
    const names = [...new Set([...(this.info?.hubs ?? []), ...(this.state?.hubs ?? []).map((h) => h.name), ...this.store.seen("hub")])].sort();
    const key = names.join("\n");
    if (this.hubNames === key) return;
    this.hubNames = key;
    select.replaceChildren(el("option", { value: "", text: "all hubs" }), ...names.map((n) => el("option", { value: n, text: oneLine(n, 60), selected: n === this.hub })));
  }

  #setHub(hub) {
    this.hub = hub;
    Object.values(this.views).forEach((v) => v.hubChanged());
  }

  /** Asks for the state now, and again after a while. */
  async poll() {
    clearTimeout(this.#pollTimer);
    const asked = (this.asked = (this.asked ?? 0) + 1);
    if (!document.hidden && this.live !== false && this.info?.can?.state !== false) {
      try {
        const state = await this.api.get("state");
        if (this.state) this.rates.addTotals(this.state, state);
        this.state = state;
        this.#hubs();
        this.drawTop();
        if (this.view === "state") this.views.state.draw();
      } catch {
        // the stream says that the server is lost
      }
    }
    if (asked === this.asked) this.#pollTimer = setTimeout(() => this.poll(), this.view === "state" ? pollShown : pollElse);
  }

  /** Asks for the state soon, because connections have come or gone. */
  #pollSoon() {
    if (this.soon) return;
    this.soon = true;
    setTimeout(() => {
      this.soon = false;
      this.poll();
    }, pollSoon);
  }

  #drawTop() {
    const now = Date.now();
    const series = this.rates.series("all", now);
    draw(byId("spark"), [{ values: series, class: "line-1" }], 24);
    const rate = this.rates.last("all", now);
    byId("rate").textContent = `${compact(rate)}/s`;
    const open = this.state ? countAll(this.state) : NaN;
    byId("connections").textContent = count(open) || "–";
    byId("connections-unit").textContent = open === 1 ? "connection" : "connections";
    if (this.view === "state" && now - (this.charted ?? 0) > 900) {
      this.charted = now;
      this.views.state.draw();
    }
  }

  /** Says whether the server is reached. */
  #connection(name, error) {
    this.live = name === "live";
    byId("lost").hidden = name !== "lost";
    byId("stale").hidden = name !== "stale";
    document.body.dataset.connection = name;
    document.body.classList.toggle("unknown", this.info === null);
    byId("light").textContent = { live: "live", lost: "lost", stale: "stale" }[name] ?? "connecting";
    if (name === "lost") byId("lost-text").textContent = `${oneLine(this.info?.endpoint ?? location.origin, 100)} does not answer${error?.message ? `: ${plain(error.message)}` : ""}. This page tries again by itself.`;
    if (name === "stale") byId("stale-text").textContent = error.hint || "Its token is missing or of an earlier run.";
    if (name === "live") this.poll();
  }

  /** Goes to an address, such as state/ID. */
  go(address) {
    location.hash = address;
  }

  /** Changes the address without an entry in the history. */
  remember(address) {
    if (this.view === "traffic" && location.hash !== `#${address}`) history.replaceState(null, "", `#${address}`);
  }

  #address() {
    return parseAddress(location.hash, Object.keys(this.views));
  }

  /** Has the view show what the address names. */
  #show() {
    const { id, filter } = this.#address();
    this.views[this.view].show(id, filter);
  }

  #navigated() {
    if (takeToken(location, keep)) return location.reload();
    const { view } = this.#address();
    const changed = view !== this.view;
    this.view = view;
    for (const name of Object.keys(this.views)) {
      byId(`view-${name}`).hidden = name !== view;
      const link = document.querySelector(`nav a[href="#${name}"]`);
      name === view ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
    }
    this.#show();
    if (changed && view === "state") this.poll();
  }

  #key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
    if (isTyping(e.target)) {
      if (e.key === "Escape") e.target.blur();
      return;
    }
    if (e.key === "Enter" && e.target.closest("button, a, summary, [role=tab]")) return;
    const action = this.#sequence.press(e.key, e.timeStamp);
    if (action && this.#act(action)) e.preventDefault();
  }

  /** Does the action of a key. Reports whether there was something to do. */
  #act(action) {
    if (action.startsWith("view:")) return this.go(action.slice(5)), true;
    if (action === "help") return this.#help(), true;
    if (action === "pause") return this.views.traffic.pause(), true;
    if (action === "back" && this.view === "state") return this.go("state"), true;
    if (action === "filter" && this.view === "state") return byId("state-filter").focus(), true;
    if (this.view !== "traffic") return false;
    const { traffic } = this.views;
    const acts = {
      filter: () => traffic.input.select(), next: () => traffic.move(1), previous: () => traffic.move(-1),
      open: () => traffic.open(), back: () => traffic.close(), copy: () => traffic.copy(), resend: () => traffic.resend(),
    };
    acts[action]();
    return true;
  }

  #help() {
    byId("help").showModal();
  }
}

/** Keeps a text for this tab; without storage it lives as long as the page. */
function keep(name, value) {
  try {
    value === undefined ? sessionStorage.removeItem(name) : sessionStorage.setItem(name, value);
  } catch {
    // private modes may refuse it
  }
}

const kept = (storage, name) => {
  try {
    return storage().getItem(name) ?? "";
  } catch {
    return "";
  }
};

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  const text = { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" }[theme];
  byId("theme").setAttribute("aria-label", text);
  byId("theme").title = text;
}

function nextTheme() {
  const next = { auto: "light", light: "dark", dark: "auto" }[document.documentElement.dataset.theme];
  setTheme(next);
  try {
    localStorage.setItem("theme", next);
  } catch {
    // it lasts as long as the page
  }
  say(byId("theme").title);
}

const theme = kept(() => localStorage, "theme");
setTheme(theme === "light" || theme === "dark" ? theme : "auto");
const given = takeToken(location, keep);
new Page(given || kept(() => sessionStorage, "token"));
