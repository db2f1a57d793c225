import assert from "node:assert/strict";
import { test } from "node:test";
import { closeText, frameText, requestOf } from "../web/card.js";
import { decodeResponse, encodeRequest } from "../web/protobuf.js";
import { Client } from "../web/pubsub.js";

/** A client with sockets and timers that the test drives. */
function drive(subprotocol) {
  const d = { sockets: [], timers: [], states: [], frames: [], time: 0 };
  const open = (url, name) => {
    const socket = { url, name, readyState: 1, sent: [], send: (f) => socket.sent.push(f), close: (...how) => (socket.closed = how) };
    d.sockets.push(socket);
    return socket;
  };
  const later = (fn, ms) => (d.timers.push({ fn, ms }), d.timers.at(-1));
  const cancel = (timer) => (d.timers = d.timers.filter((t) => t !== timer));
  d.client = new Client({ url: "ws://h/client/hubs/chat?access_token=t", subprotocol, open, later, cancel, now: () => d.time },
    { state: (name, detail) => d.states.push(detail?.recovered ? "recovered" : name), frame: (direction, r) => d.frames.push([direction, r]) });
  d.socket = () => d.sockets.at(-1);
  d.receive = (r) => d.socket().onmessage({ data: JSON.stringify(r) });
  d.elapse = () => d.timers.splice(0).forEach((t) => t.fn());
  return d;
}

const connected = { type: "system", event: "connected", connectionId: "c1", userId: "ana", reconnectionToken: "right+to come" };
const sent = (socket) => socket.sent.map((f) => JSON.parse(f));

test("requests get ack ids in order", () => {
  const d = drive("json");
  assert.equal(d.socket().name, "json.webpubsub.azure.v1");
  assert.equal(d.client.request({ type: "joinGroup", group: "g" }), "the client is not connected");
  d.receive(connected);
  assert.equal(d.client.request({ type: "joinGroup", group: "g" }), "");
  assert.equal(d.client.request({ type: "sendToGroup", group: "g", dataType: "binary", data: Uint8Array.of(1, 2, 3) }), "");
  assert.deepEqual(sent(d.socket()), [{ type: "joinGroup", group: "g", ackId: 1 }, { type: "sendToGroup", group: "g", dataType: "binary", data: "AQID", ackId: 2 }]);
  d.socket().onclose({ code: 1008, reason: "too slow" });
  assert.deepEqual(d.states, ["open", "closed"]);
});

test("a dropped reliable client comes back with its id, and no message comes twice", () => {
  const d = drive("json-reliable");
  d.receive(connected);
  d.receive({ type: "message", from: "group", group: "g", dataType: "text", data: "one", sequenceId: 1 });
  d.client.drop();
  assert.deepEqual(d.sockets[0].closed, [4000, "dropped by the page"]);
  assert.deepEqual(d.states, ["open", "recovering"]);
  d.elapse();
  const url = new URL(d.socket().url);
  assert.deepEqual(Object.fromEntries(url.searchParams), { awps_connection_id: "c1", awps_reconnection_token: "right+to come" });
  d.socket().onopen();
  assert.deepEqual(sent(d.socket()), [{ type: "sequenceAck", sequenceId: 1 }, { type: "ping" }]);
  assert.equal(d.client.state, "recovering"); // the service may still refuse
  d.receive({ type: "message", from: "group", group: "g", dataType: "text", data: "one", sequenceId: 1 });
  d.receive({ type: "message", from: "group", group: "g", dataType: "text", data: "two", sequenceId: 2 });
  d.elapse();
  assert.equal(sent(d.socket()).at(-1).sequenceId, 2);
  assert.deepEqual(d.states, ["open", "recovering", "recovered"]);
  assert.deepEqual(d.frames.filter(([w, r]) => w === "in" && r.type === "message").map(([, r]) => r.data), ["one", "two"]);
});

test("recovery ends with a refusal, or after half a minute", () => {
  const refused = drive("json-reliable");
  refused.receive(connected);
  refused.client.drop();
  refused.elapse();
  refused.socket().onopen();
  refused.socket().onclose({ code: 1008, reason: "The connection could not be recovered." });
  assert.deepEqual(refused.states, ["open", "recovering", "closed"]);
  const late = drive("protobuf-reliable");
  late.socket().onmessage({ data: Uint8Array.of(0x1a, 0x0b, 0x0a, 0x09, 0x0a, 0x02, 0x63, 0x31, 0x1a, 0x03, 0x74, 0x6f, 0x6b).buffer });
  late.client.drop();
  for (let i = 0; i < 25; i++) {
    late.elapse();
    late.time += 1500;
    late.socket().onclose?.({ code: 1006, reason: "" });
  }
  assert.equal(late.states.at(-1), "closed");
  assert.ok(late.sockets.length < 25);
});

test("a dropped client that is not reliable has ended, a closed one does not come back", () => {
  const plain = drive("json");
  plain.receive(connected);
  plain.client.drop();
  assert.deepEqual(plain.states, ["open", "closed"]);
  const reliable = drive("json-reliable");
  reliable.receive(connected);
  reliable.client.close();
  assert.deepEqual(reliable.socket().closed, [1000]);
  reliable.socket().onclose({ code: 1000, reason: "" });
  assert.deepEqual(reliable.states, ["open", "closed"]);
});

test("closing while it recovers ends it", () => {
  const d = drive("json-reliable");
  d.receive(connected);
  d.client.drop();
  d.client.close();
  assert.equal(d.states.at(-1), "closed");
  assert.equal(d.timers.length, 0);
});

test("a simple client sends data alone", () => {
  const d = drive("none");
  assert.equal(d.socket().name, "");
  d.socket().onopen();
  d.client.request({ type: "event", event: "message", dataType: "text", data: "hi" });
  d.client.request({ type: "event", event: "message", dataType: "json", data: { a: 1 } });
  assert.match(d.client.request({ type: "joinGroup", group: "g" }), /no groups/);
  assert.deepEqual(d.socket().sent, ["hi", '{"a":1}']);
  d.socket().onmessage({ data: Uint8Array.of(1).buffer });
  assert.deepEqual(d.frames.at(-1)[1].data, Uint8Array.of(1));
});

test("a frame that cannot be read is shown, not fatal", () => {
  const d = drive("json");
  d.socket().onmessage({ data: "{oops" });
  assert.equal(d.frames[0][1].type, "unreadable");
});

test("an address that no WebSocket takes closes the client", () => {
  const states = [];
  new Client({ url: "nonsense", open: () => { throw new SyntaxError("bad URL"); } }, { state: (name, detail) => states.push([name, detail.reason]), frame() {} });
  assert.match(states[0][1], /cannot be used: bad URL/);
});

const hex = (data) => Buffer.from(data).toString("hex");

// The bytes follow from the schema: a tag, a length, a value.
test("protobuf requests have the bytes of the schema", () => {
  assert.equal(hex(encodeRequest({ type: "joinGroup", group: "g1", ackId: 1 })), "32060a0267311001");
  assert.equal(hex(encodeRequest({ type: "leaveGroup", group: "g1" })), "3a040a026731");
  assert.equal(hex(encodeRequest({ type: "ping" })), "4a00");
  assert.equal(hex(encodeRequest({ type: "sequenceAck", sequenceId: 300 })), "420308ac02");
  assert.equal(hex(encodeRequest({ type: "sendToGroup", group: "g", ackId: 2, dataType: "text", data: "hi" })), "0a0b0a0167100" + "21a040a026869");
  assert.equal(hex(encodeRequest({ type: "event", event: "e", dataType: "binary", data: Uint8Array.of(255), ackId: 3 })), "2a0a0a01651203" + "1201ff1803");
  assert.equal(hex(encodeRequest({ type: "event", event: "e", dataType: "json", data: { a: 1 } })), "2a0e0a01651209" + "22077b2261223a317d");
  assert.throws(() => encodeRequest({ type: "invoke" }), /no request invoke/);
});

test("protobuf answers are read, unknown fields are skipped", () => {
  const bytes = (text) => Uint8Array.from(Buffer.from(text, "hex"));
  assert.deepEqual(decodeResponse(bytes("0a0408071001")), { type: "ack", ackId: 7, success: true });
  assert.deepEqual(decodeResponse(bytes("0a0c" + "0807" + "1a08" + "0a0146" + "1203626164")), { type: "ack", ackId: 7, success: false, error: { name: "F", message: "bad" } });
  assert.deepEqual(decodeResponse(bytes("12130a0567726f757012026731" + "1a040a026869" + "2005")), { type: "message", from: "group", group: "g1", sequenceId: 5, dataType: "text", data: "hi" });
  assert.equal(decodeResponse(bytes("2200")).type, "pong");
  assert.deepEqual(decodeResponse(bytes("1a0412021200")), { type: "system", event: "disconnected", message: "" });
  assert.equal(decodeResponse(bytes("9a060568656c6c6f")).type, "unknown");
  for (const cut of ["12", "120f0a05", "0a0408ff", "0b", "ff"]) assert.throws(() => decodeResponse(bytes(cut)), Error, cut);
});

test("a send bar becomes a request, or says what is wrong", () => {
  assert.deepEqual(requestOf("joinGroup", "g"), { type: "joinGroup", group: "g" });
  assert.match(requestOf("leaveGroup", "").problem, /Fill in the group/);
  assert.deepEqual(requestOf("event", "e", "json", '{"a":1}'), { type: "event", event: "e", dataType: "json", data: { a: 1 } });
  assert.match(requestOf("event", "e", "json", "{").problem, /not JSON/);
  for (const name of ["", "1a", "<i>", "a b"]) assert.match(requestOf("event", name, "text", "").problem, /event name/);
  assert.deepEqual(requestOf("sendToGroup", "g", "binary", "AQ==").data, Uint8Array.of(1));
  assert.match(requestOf("sendToGroup", "g", "binary", "%").problem, /base64/);
  assert.deepEqual(requestOf("sendToGroup", "g", "text", ""), { type: "sendToGroup", group: "g", dataType: "text", data: "" });
});

test("frames and closes are written for people", () => {
  assert.equal(frameText({ type: "message", from: "group", group: "g", fromUserId: "bo", dataType: "json", data: { a: 1 } }), '[g] bo: {"a":1}');
  assert.equal(frameText({ type: "message", from: "server", data: Uint8Array.of(1, 255) }), "[server] 2 B: 01 ff");
  assert.equal(frameText({ type: "ack", ackId: 3, success: false, error: { name: "Forbidden", message: "no" } }), "ack 3: Forbidden: no");
  assert.equal(frameText({ type: "sendToGroup", group: "g", data: "x" }), "sendToGroup g x");
  assert.equal(frameText({ type: "system", event: "disconnected", message: "bye" }), "disconnected: bye");
  assert.match(closeText({ code: 1006 }), /no close frame/);
  assert.equal(closeText({ code: 1008, reason: "too slow" }), "closed 1008: too slow");
});
