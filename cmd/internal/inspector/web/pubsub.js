// A client of the service on the browser's WebSocket: subprotocols, acks, and
// recovery of reliable connections. It knows no document.
import { fromBase64, toBase64 } from "./format.js";
import { decodeResponse, encodeRequest } from "./protobuf.js";

/** The subprotocols by the names that wps connect has for them. */
export const subprotocols = {
  json: "json.webpubsub.azure.v1",
  "json-reliable": "json.reliable.webpubsub.azure.v1",
  protobuf: "protobuf.webpubsub.azure.v1",
  "protobuf-reliable": "protobuf.reliable.webpubsub.azure.v1",
  none: "",
};

/** How long a lost socket is tried again, and how often, in milliseconds. */
const recoveryTime = 30_000;
const recoveryDelay = 1500;

/** How long received sequence ids wait for their ack, in milliseconds. */
const ackDelay = 500;

/** Close codes that end a connection for good. */
const finalCodes = new Set([1000, 1002, 1003, 1007, 1008, 1009]);

/** The close code with which a socket is dropped, so that it may be recovered. */
const dropCode = 4000;

const json = {
  encode: (r) => JSON.stringify(r.dataType === "binary" ? { ...r, data: toBase64(r.data) } : r),
  decode(frame) {
    const r = JSON.parse(frame);
    return r.dataType === "binary" ? { ...r, data: fromBase64(r.data) ?? new Uint8Array() } : r;
  },
};
const protobuf = { encode: encodeRequest, decode: (frame) => decodeResponse(new Uint8Array(frame)) };
const simple = { encode: (r) => r.data, decode: (frame) => ({ type: "message", from: "server", ...simpleData(frame) }) };

const simpleData = (frame) => (typeof frame === "string" ? { dataType: "text", data: frame } : { dataType: "binary", data: new Uint8Array(frame) });

/**
 * Client is one connection. options: url, subprotocol; open(url, subprotocols)
 * returns a WebSocket; later(fn, ms) and cancel(timer) are timers. on has
 * state(name, detail) with connecting, open, recovering, closed; and frame(direction,
 * object) for every frame.
 */
export class Client {
  #socket = null;
  #ackId = 0;
  #sequence = 0;
  #acked = 0;
  #token = "";
  #lostAt = 0;
  #timers = new Set();
  state = "connecting";
  connectionId = "";
  userId = "";

  constructor({ url, subprotocol = "json", open = openSocket, now = () => performance.now(), later = (fn, ms) => setTimeout(fn, ms), cancel = clearTimeout }, on) {
    Object.assign(this, { url, subprotocol, on, open, now, later, cancel });
    this.format = subprotocol === "none" ? simple : subprotocol.startsWith("protobuf") ? protobuf : json;
    this.reliable = subprotocol.endsWith("-reliable");
    this.#connect(url);
  }

  #set(state, detail) {
    this.state = state;
    this.on.state(state, detail);
  }

  #connect(url) {
    let socket;
    try {
      socket = this.open(url, subprotocols[this.subprotocol]);
    } catch (e) {
      return this.#set("closed", { code: 0, reason: `the address cannot be used: ${e.message}` });
    }
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#opened();
    socket.onmessage = (e) => this.#received(e.data);
    socket.onclose = (e) => this.#ended(e.code, e.reason);
  }

  #opened() {
    if (this.state === "recovering") {
      this.#acked = 0;
      this.#acknowledge();
      this.#write({ type: "ping" }); // the service has to answer, so the recovery is seen
    } else if (this.subprotocol === "none") this.#set("open");
  }

  #received(frame) {
    if (this.state === "recovering") this.#set("open", { recovered: true });
    let r;
    try {
      r = this.format.decode(frame);
    } catch (e) {
      return this.on.frame("in", { type: "unreadable", error: e.message });
    }
    if (r.sequenceId && !this.#isNew(r.sequenceId)) return;
    if (r.type === "system" && r.event === "connected") this.#connected(r);
    this.on.frame("in", r);
  }

  #connected(r) {
    this.connectionId = r.connectionId;
    this.userId = r.userId ?? "";
    this.#token = r.reconnectionToken ?? this.#token;
    if (this.state !== "open") this.#set("open");
  }

  /** Notes a sequence id; reports false for one that was received before. */
  #isNew(id) {
    if (this.#sequence === this.#acked) this.#after(ackDelay, () => this.#acknowledge());
    if (id <= this.#sequence) return false;
    this.#sequence = id;
    return true;
  }

  #acknowledge() {
    if (this.#sequence === this.#acked || this.#socket?.readyState !== 1) return;
    this.#acked = this.#sequence;
    this.#write({ type: "sequenceAck", sequenceId: this.#sequence });
  }

  #after(ms, fn) {
    const timer = this.later(() => {
      this.#timers.delete(timer);
      fn();
    }, ms);
    this.#timers.add(timer);
  }

  #ended(code, reason) {
    if (this.state === "closed") return;
    this.#socket = null;
    const mayRecover = this.reliable && this.#token && !finalCodes.has(code);
    if (!mayRecover) return this.#close(code, reason);
    if (this.state !== "recovering") {
      this.#lostAt = this.now();
      this.#set("recovering", { code, reason });
    } else if (this.now() - this.#lostAt > recoveryTime) return this.#close(code, `not recovered within ${recoveryTime / 1000} s`);
    this.#after(recoveryDelay, () => this.#connect(this.recoveryURL()));
  }

  #close(code, reason) {
    this.#timers.forEach((t) => this.cancel(t));
    this.#timers.clear();
    this.#set("closed", { code, reason });
  }

  /** Returns the address that brings the connection back. */
  recoveryURL() {
    const url = new URL(this.url);
    url.searchParams.delete("access_token");
    url.searchParams.set("awps_connection_id", this.connectionId);
    url.searchParams.set("awps_reconnection_token", this.#token);
    return url.href;
  }

  #write(request) {
    this.#socket.send(this.format.encode(request));
    this.on.frame("out", request);
  }

  /** Sends a request of the subprotocol with an ack id. Returns why not, "" if sent. */
  request(request) {
    if (this.state !== "open") return "the client is not connected";
    if (this.subprotocol === "none" && request.type !== "event") return "a simple WebSocket client has no groups: choose another subprotocol";
    this.#write(this.subprotocol === "none" ? simpleMessage(request) : { ...request, ackId: ++this.#ackId });
    return "";
  }

  /** Closes the connection for good. */
  close() {
    if (this.#socket) this.#socket.close(1000);
    else if (this.state === "recovering") this.#close(1000, "");
  }

  /** Drops the socket, as a broken network does: a reliable client comes back. */
  drop() {
    const socket = this.#socket;
    if (!socket || this.state !== "open") return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(dropCode, "dropped by the page");
    this.#ended(dropCode, "dropped by the page");
  }
}

/** A simple client sends data alone: text, or bytes for binary. */
const simpleMessage = (r) => ({ type: "message", dataType: r.dataType, data: r.dataType === "json" ? JSON.stringify(r.data) : r.data });

const openSocket = (url, subprotocol) => (subprotocol ? new WebSocket(url, subprotocol) : new WebSocket(url));
