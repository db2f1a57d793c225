// What a traffic object says, in the words of the table and the drawer. Pure
// functions, without a document.
import { fromBase64, oneLine } from "./format.js";

/** The types of happenings: color class, and what each means. */
export const types = {
  __proto__: null, // names come from the network
  opened: { hue: "link", text: "a connection is open" },
  closed: { hue: "link", text: "a connection has ended" },
  away: { hue: "link", text: "a reliable connection has lost its socket" },
  recovered: { hue: "link", text: "a reliable connection has another socket" },
  joined: { hue: "link", text: "a connection is in a group" },
  left: { hue: "link", text: "a connection has left a group" },
  received: { hue: "in", text: "a frame from a client" },
  sent: { hue: "out", text: "a frame to one client" },
  message: { hue: "out", text: "a message to its receivers" },
  rest: { hue: "rest", text: "a REST request" },
  event: { hue: "event", text: "an event to its handler, and the reply" },
  tunnelOpened: { hue: "link", text: "a tunnel of an event handler is open" },
  tunnelClosed: { hue: "link", text: "a tunnel of an event handler has ended" },
  permission: { hue: "rest", text: "a permission has changed" },
  refused: { hue: "bad", text: "a request, token or frame was refused" },
  throttled: { hue: "bad", text: "slowed down or refused for its rate" },
  fault: { hue: "bad", text: "a fault that was asked for" },
  dropped: { hue: "muted", text: "not shown: the page read too slowly" },
  sampled: { hue: "muted", text: "not shown: the rate was too high to show all" },
  note: { hue: "muted", text: "a remark" },
};

/** Returns the color class of a type. */
export const hue = (type) => types[type]?.hue ?? "muted";

/** Returns what a chain is called, "" for an object that belongs to none. */
export const chainOf = (e) => (e.chain ? String(e.chain) : "");

/** Returns who a traffic object is about: the user, or the connection. */
export function who(e) {
  return oneLine(e.userId || e.connectionId || "", 80);
}

/** Reports whether a traffic object is about something that failed. */
export function failed(e) {
  return hue(e.type) === "bad" || e.status >= 400 || (e.type === "event" && Boolean(e.reason));
}

/** Returns the status column: the status of HTTP or the close code. */
export const status = (e) => e.status || e.closeCode || "";

/** Returns when a traffic object began, in milliseconds since 1970. */
export const began = (e) => Date.parse(e.time) - (e.milliseconds ?? 0);

const quote = (s) => `"${oneLine(s, 60)}"`;

/** Returns data as one line of text, bytes in hex; "" for none. */
export function dataLine(text, base64, most = 300) {
  if (typeof text === "string") return oneLine(text, most);
  if (text !== undefined && text !== null) return oneLine(JSON.stringify(text), most);
  if (!base64) return "";
  const data = fromBase64(base64.slice(0, 64));
  return data ? Array.from(data, (b) => b.toString(16).padStart(2, "0")).join(" ") : oneLine(base64, 60);
}

const data = (e, most) => dataLine(e.data, e.dataBase64, most);

/** Returns how many clients a message was for. */
export function receivers(e) {
  if (e.receivers === undefined && e.type !== "message") return "";
  const n = e.receivers ?? 0;
  return n === 1 ? "to 1 client" : `to ${n === 0 ? "no" : n} clients`;
}

const join = (...parts) => parts.filter((p) => p !== "" && p !== undefined && p !== false && p !== null).join("  ");

const group = (e) => e.group && `group ${quote(e.group)}`;

const reason = (e) => oneLine(e.reason ?? "", 300);

const left = (e) => `${e.count ?? "some"} ${types[e.type].text}`;

const sentences = {
  __proto__: null,
  opened: (e) => join(e.subprotocol ? oneLine(e.subprotocol, 60) : "simple WebSocket client"),
  closed: (e) => reason(e) || "closed",
  away: (e) => reason(e) || "lost its socket; it may come back",
  recovered: () => "came back with a new socket",
  joined: (e) => join(group(e), reason(e)),
  left: (e) => join(group(e), reason(e)),
  received: (e) => join(e.request || "frame", e.event && quote(e.event), group(e), data(e)),
  sent: (e) => join(e.request, e.event, data(e), reason(e)),
  message: (e) => join(target(e), receivers(e), data(e)),
  rest: (e) => join(requestLine(e), data(e)),
  event: (e) => join(oneLine(e.event ?? "", 60), data(e, 120), replyLine(e)),
  permission: (e) => join(e.granted ? "granted" : "revoked", oneLine(e.permission ?? "", 40), group(e)),
  sampled: left,
  dropped: left,
};

/** Returns what happened, on one line. */
export function what(e) {
  return sentences[e.type]?.(e) ?? join(requestLine(e), reason(e), oneLine(e.event ?? "", 60), data(e));
}

/** Returns the target of a message in words. */
export function target(e) {
  if (!e.target) return group(e) ?? "";
  return e.target === "hub" ? "everyone" : `${oneLine(e.target, 20)} ${quote(e.targetId)}`;
}

/** Returns method and path of a request. */
export function requestLine(e) {
  return e.path ? oneLine(`${e.method ?? ""} ${e.path}`.trim(), 300) : "";
}

function replyLine(e) {
  if (failed(e)) return `✕ ${reason(e) || "no reply"}`;
  const reply = dataLine(e.reply, e.replyBase64, 160);
  return reply ? `→ ${reply}` : "";
}

/** Returns the pairs of name and value of the summary of a traffic object. */
export function facts(e) {
  const all = [
    ["what", types[e.type]?.text], ["time", e.time], ["hub", e.hub], ["user", e.userId], ["connection", e.connectionId],
    ["group", e.group], ["frame", e.request], ["ack id", e.ackId], ["event", e.event], ["event type", e.eventType], ["event id", e.eventId],
    ["handler", e.hook], ["subprotocol", e.subprotocol], ["request", requestLine(e)], ["code", e.code], ["status", e.status || undefined],
    ["close code", e.closeCode], ["groups", e.groups?.join(", ")], ["roles", e.roles?.join(", ")], ["reason", e.reason], ["target", e.target && target(e)], ["from", e.from], ["receivers", e.receivers], ["metadata", e.metadata && JSON.stringify(e.metadata)], ["expires after", e.ttlSeconds && `${e.ttlSeconds} s`],
    ["no echo", e.noEcho && "the sender does not get it"],
    ["permission", e.permission && `${e.permission} ${e.granted ? "granted" : "revoked"}`], ["not shown", e.count],
    ["repeated", e.repeated && "answered from memory: the same event was handled before"], ["id", e.id],
  ];
  return all.filter(([, value]) => value !== undefined && value !== null && value !== "" && value !== false && value !== 0);
}
