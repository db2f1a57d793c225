// One client of the page: its state, its log, and what it can send.
import { el, field, fromTemplate, icon, parts, perFrame } from "./dom.js";
import { bytes, clock, fromBase64, oneLine } from "./format.js";
import { Client } from "./pubsub.js";

/** How many lines a log keeps. */
const mostLines = 300;

const stateWords = { connecting: "connecting", open: "open", recovering: "recovering", closed: "closed" };

const actions = [
  { value: "sendToGroup", text: "Send to group" }, { value: "event", text: "Send event" },
  { value: "joinGroup", text: "Join group" }, { value: "leaveGroup", text: "Leave group" },
];

/** ClientCard shows a client. options: hub, user, roles, groups, subprotocol, url. */
export class ClientCard {
  #lines = [];
  #pending = new Map();
  #left = 0;

  constructor(number, options, page, removed) {
    Object.assign(this, { options, page, groups: new Set() });
    this.root = fromTemplate("client-card");
    this.part = parts(this.root);
    this.name = `${options.user || "anonymous"} ${number}`;
    this.root.setAttribute("aria-label", `Client ${this.name}`);
    this.part.name.textContent = oneLine(options.user || (options.url ? "client" : "anonymous"), 60);
    this.part.what.textContent = `${options.url ? new URL(options.url).pathname : options.hub} · ${options.subprotocol}`;
    this.draw = perFrame(() => this.#draw());
    this.#sendBar();
    this.part.drop.addEventListener("click", () => this.client?.drop());
    this.part.close.addEventListener("click", () => this.client?.close());
    this.part.again.addEventListener("click", () => this.connect());
    this.part.remove.addEventListener("click", () => {
      this.client?.close();
      this.root.remove();
      removed();
    });
    this.#state("connecting");
  }

  #sendBar() {
    const form = this.part.send;
    form.setAttribute("aria-label", `Send as ${this.name}`);
    const isSimple = this.options.subprotocol === "none";
    this.action = field("Action", "action", { options: isSimple ? [{ value: "event", text: "Send message" }] : actions });
    this.target = field("Group", "target");
    this.dataType = field("Data type", "dataType", { options: ["text", "json", "binary"] });
    this.data = field("Message", "data", { value: "" });
    form.prepend(this.action, this.target, this.dataType, this.data);
    this.names = { group: this.options.groups[0] ?? "g1", event: "message" };
    const adapt = () => this.#adapt();
    this.action.addEventListener("change", adapt);
    this.target.addEventListener("input", (e) => (this.names[this.#naming()] = e.target.value));
    this.dataType.addEventListener("change", adapt);
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      this.#send(Object.fromEntries(new FormData(form)));
    });
    this.#adapt();
  }

  /** Returns what the chosen action names: a group or an event. */
  #naming() {
    return this.action.querySelector("select").value === "event" ? "event" : "group";
  }

  /** Shows the fields that the chosen action has. */
  #adapt() {
    const action = this.action.querySelector("select").value;
    const hasData = action === "sendToGroup" || action === "event";
    this.dataType.hidden = this.data.hidden = !hasData;
    this.target.hidden = this.options.subprotocol === "none";
    this.target.querySelector("label").textContent = action === "event" ? "Event" : "Group";
    this.target.querySelector("input").value = this.names[this.#naming()];
    const hints = { text: "", json: '{"n": 1}', binary: "base64" };
    this.data.querySelector("input").placeholder = hints[this.dataType.querySelector("select").value];
  }

  /** Connects, with a new token unless the URL was given. */
  async connect() {
    this.#state("connecting");
    this.groups = new Set(this.options.groups);
    let url;
    try {
      url = this.options.url || (await this.#negotiate());
    } catch (e) {
      this.#note("bad", `no token: ${e.message}${e.hint ? ` (${e.hint})` : ""}`);
      return this.#state("closed", { code: 0, reason: e.message });
    }
    if (!this.root.isConnected) return;
    this.client = new Client({ url, subprotocol: this.options.subprotocol }, {
      state: (name, detail) => this.#state(name, detail),
      frame: (direction, r) => this.#frame(direction, r),
    });
  }

  async #negotiate() {
    const { hub, user, roles, groups } = this.options;
    const answer = await this.page.api.post("negotiate", { hub, user, roles, groups, minutes: 60 });
    return answer.url;
  }

  #state(name, detail) {
    this.root.dataset.state = name;
    this.part.state.textContent = stateWords[name];
    const open = name === "open";
    this.part.drop.disabled = !open;
    this.part.close.disabled = name === "closed";
    this.part.again.hidden = name !== "closed";
    this.part.submit.disabled = !open;
    if (this.client?.connectionId) {
      this.page.ownConnections.add(this.client.connectionId);
      this.part.id.textContent = this.client.connectionId;
    }
    if (name === "open") this.#note("good", detail?.recovered ? "recovered: the same connection has a new socket" : "connected");
    if (name === "recovering") this.#note("warn", `socket lost${detail?.code ? ` (${detail.code})` : ""}; recovering`);
    if (name === "closed" && detail) this.#note(detail.code === 1000 ? "" : "bad", closeText(detail));
    this.draw();
  }

  #frame(direction, r) {
    if (direction === "out" && r.ackId) this.#pending.set(r.ackId, r);
    if (r.type === "ack") this.#acked(r);
    if (r.type === "pong" || r.type === "ping" || r.type === "sequenceAck") return this.#line(direction, "quiet", r.type);
    this.#line(direction, r.type === "ack" ? (r.success ? "quiet" : "bad") : "", frameText(r));
  }

  #acked(r) {
    const asked = this.#pending.get(r.ackId);
    this.#pending.delete(r.ackId);
    if (!r.success || !asked) return;
    if (asked.type === "joinGroup") this.groups.add(asked.group);
    if (asked.type === "leaveGroup") this.groups.delete(asked.group);
  }

  #note(tone, text) {
    this.#line("note", tone, text);
  }

  #line(direction, tone, text) {
    this.#lines.push({ direction, tone, text, time: new Date() });
    if (this.#lines.length > mostLines) {
      this.#lines.shift();
      this.#left++;
    }
    this.draw();
  }

  /** Draws the log anew: at most mostLines lines, once a frame. */
  #draw() {
    const { log } = this.part;
    const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
    const marks = { in: "↓", out: "↑", note: "·" };
    const words = { in: "received", out: "sent", note: "" };
    log.replaceChildren(...this.#lines.map((l) => el("li", { class: `${l.direction} ${l.tone}` },
      el("span", { class: "time", text: clock(l.time) }), el("span", { class: "mark", "aria-hidden": "true", text: marks[l.direction] }),
      el("span", { class: "hidden-text", text: words[l.direction] }), el("span", { class: "text", text: l.text }))));
    if (this.#left > 0) log.prepend(el("li", { class: "quiet", text: `${this.#left} older lines are not kept` }));
    this.part.groups.replaceChildren(...[...this.groups].map((g) => this.#chip(g)));
    if (atEnd) log.scrollTop = log.scrollHeight;
  }

  #chip(group) {
    const leave = () => this.#send({ action: "leaveGroup", target: group });
    return el("li", {}, oneLine(group, 40), el("button", { type: "button", class: "quiet", "aria-label": `Leave group ${group}`, on: { click: leave } }, icon("close")));
  }

  #send({ action, target = "", dataType, data }) {
    const request = requestOf(action, target.trim(), dataType, data);
    const problem = request.problem ?? this.client?.request(request) ?? "the client is not connected";
    this.part.error.textContent = problem;
    if (!problem && (action === "sendToGroup" || action === "event")) this.data.querySelector("input").select();
  }
}

// The service closes a connection that sends an event of another name.
const eventName = /^[A-Za-z][\w.-]{0,127}$/;

/** Returns a request of the subprotocol, or {problem}. */
export function requestOf(type, target, dataType, data) {
  if (type === "event" && !eventName.test(target)) return { problem: "An event name is a letter, then letters, digits, _ . or -." };
  if (type === "joinGroup" || type === "leaveGroup") return target ? { type, group: target } : { problem: "Fill in the group." };
  const name = type === "event" ? { event: target } : { group: target };
  if (dataType === "json") {
    try {
      return { type, ...name, dataType, data: JSON.parse(data) };
    } catch (e) {
      return { problem: `The message is not JSON: ${e.message}` };
    }
  }
  if (dataType !== "binary") return { type, ...name, dataType, data };
  const decoded = fromBase64(data);
  return decoded ? { type, ...name, dataType, data: decoded } : { problem: "Binary data is written as base64, such as AQID." };
}

/** Returns a frame on one line. */
export function frameText(r) {
  if (r.type === "ack") return `ack ${r.ackId}: ${r.success ? "done" : `${r.error?.name ?? "failed"}: ${oneLine(r.error?.message ?? "", 300)}`}`;
  if (r.type === "system") return r.event === "connected" ? `connected as ${oneLine(r.userId || "anonymous", 60)}` : `${r.event}: ${oneLine(r.message ?? "", 300)}`;
  const where = [r.type === "message" ? "" : r.type, r.from === "group" ? `[${oneLine(r.group, 60)}]` : r.from ? `[${r.from}]` : "", r.event ? oneLine(r.event, 60) : "", r.type !== "message" && r.group ? oneLine(r.group, 60) : ""];
  const from = r.fromUserId ? `${oneLine(r.fromUserId, 60)}:` : "";
  return [...where, from, r.error ? oneLine(r.error, 200) : payload(r)].filter(Boolean).join(" ");
}

function payload(r) {
  if (r.data === undefined) return "";
  if (r.data instanceof Uint8Array) return `${bytes(r.data.length)}: ${Array.from(r.data.subarray(0, 32), (b) => b.toString(16).padStart(2, "0")).join(" ")}`;
  return oneLine(typeof r.data === "string" ? r.data : JSON.stringify(r.data), 500);
}

/** Returns how a connection ended, in words. */
export function closeText({ code, reason }) {
  if (code === 0) return `closed: ${oneLine(reason, 300)}`;
  if (code === 1006) return "closed 1006: no close frame; the server refused the connection or is gone. A refusal is in Traffic, with its reason.";
  return `closed ${code}${reason ? `: ${oneLine(reason, 300)}` : ""}`;
}
