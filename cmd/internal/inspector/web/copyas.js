// A happening as something to run again: an event object, a wps trigger line, a
// curl command. Pure functions, without a document.

/** Returns a text as one word of a POSIX shell. */
export function shellWord(text) {
  const s = String(text);
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(s) ? s : `'${s.replaceAll("'", `'\\''`)}'`;
}

// Names come from the network: the tables have no members but their own.
const targetTypes = { __proto__: null, hub: "All", group: "Groups", user: "Users", connection: "Connections" };

/** Returns the message members of an event object. */
function message(e) {
  const more = { ...(e.ttlSeconds > 0 && { ttlSeconds: e.ttlSeconds }), ...(e.metadata && { metadata: e.metadata }) };
  if (e.dataBase64 !== undefined) return { message: e.dataBase64, dataType: "binary", ...more };
  if (e.dataType === "json") return { message: jsonMessage(e.data), dataType: "json", ...more };
  return { message: e.data ?? "", dataType: "text", ...more };
}

/**
 * Returns a JSON text as a value. It stays a text, which the reader of event objects
 * takes for that JSON, when a value would not be written the same: a long number, or
 * a string that holds JSON.
 */
export function jsonMessage(text) {
  try {
    const value = JSON.parse(text);
    return typeof value !== "string" && JSON.stringify(value) === text.trim() ? value : text;
  } catch {
    return text;
  }
}

const membership = (groupAction) => (e) =>
  e.group && e.connectionId ? { type: "GroupEvent", groupAction, targetType: "Connections", targetId: e.connectionId, groupId: e.group } : null;

function permission(e) {
  if (!e.permission || !e.connectionId) return null;
  const permissionAction = e.granted ? "Grant" : "Revoke";
  return { type: "PermissionEvent", permissionAction, connectionId: e.connectionId, permission: e.permission, targetName: e.group ?? "" };
}

const requests = {
  __proto__: null,
  sendToGroup: (e) => ({ type: "MessageEvent", targetType: "Groups", targetId: e.group, ...message(e) }),
  joinGroup: membership("Join"),
  leaveGroup: membership("Leave"),
};

const builders = {
  __proto__: null,
  message: (e) => {
    const targetType = targetTypes[e.target];
    if (!targetType) return null;
    return { type: "MessageEvent", targetType, ...(targetType === "All" ? {} : { targetId: e.targetId }), ...message(e) };
  },
  joined: membership("Join"),
  left: membership("Leave"),
  permission,
  received: (e) => requests[e.request]?.(e) ?? null,
};

/**
 * Returns the event object that does again what a happening did, null when there is
 * none: for other types, and when the data is not known or was cut.
 */
export function asEventObject(e) {
  const hasMessage = e.type === "message" || e.request === "sendToGroup";
  if (e.left > 0 || (hasMessage && e.data === undefined && e.dataBase64 === undefined && e.bytes > 0)) return null;
  return builders[e.type]?.(e) ?? null;
}

/** Returns the wps trigger line that sends an event to a handler, "" for none. */
export function asTrigger(e, to = "http://localhost:9000/eventhandler") {
  if (e.type !== "event" || !e.event) return "";
  const url = /^https?:/.test(e.hook ?? "") ? e.hook : to;
  const line = ["wps trigger", shellWord(e.hub ? `${e.hub}/${e.event}` : e.event), "--to", shellWord(url)];
  if (e.userId) line.push("--user", shellWord(e.userId));
  if (e.connectionId) line.push("--connection", shellWord(e.connectionId));
  if (e.event === "disconnected" && e.reason) line.push("--reason", shellWord(e.reason));
  return pipedBinary(e) + [...line, ...dataFlags(e)].join(" ");
}

const isUserEvent = (e) => (e.eventType ?? "user") === "user";

const pipedBinary = (e) => (isUserEvent(e) && e.dataBase64 !== undefined ? `printf %s ${shellWord(e.dataBase64)} | base64 -d | ` : "");

/** Returns the flags with the data of a user event. */
function dataFlags(e) {
  if (!isUserEvent(e)) return [];
  return [...metadataFlags(e), ...payloadFlags(e)];
}

const metadataFlags = (e) => Object.entries(e.metadata ?? {}).flatMap(([name, value]) => ["--meta", shellWord(`${name}=${value}`)]);

function payloadFlags(e) {
  if (e.dataBase64 !== undefined) return ["--data-type binary --data -"];
  if (typeof e.data !== "string") return [];
  const type = e.dataType === "json" ? ["--data-type json"] : [];
  // A text that begins with @ or is - would name a file or the standard input.
  return /^(@|-$)/.test(e.data) ? [`--data - <<< ${shellWord(e.data)}`, ...type] : ["--data", shellWord(e.data), ...type];
}

/** Headers that a copied request does not carry: they are made anew. */
const ownHeaders = new Set(["host", "content-length", "connection", "accept-encoding", "transfer-encoding", "authorization", "user-agent"]);

/**
 * Returns the curl command of a recorded REST request, "" for none. It expects the
 * token in $TOKEN: tokens are not recorded.
 */
export function asCurl(e, endpoint) {
  if (e.type !== "rest" || !e.path) return "";
  const line = ["curl -X", shellWord(e.method ?? "GET"), shellWord(new URL(e.path, endpoint).href), `-H "Authorization: Bearer $TOKEN"`];
  for (const [name, value] of Object.entries(e.requestHeaders ?? {})) {
    if (!ownHeaders.has(name.toLowerCase())) line.push("-H", shellWord(`${name}: ${[value].flat().join(", ")}`));
  }
  if (e.dataBase64 !== undefined) return `printf %s ${shellWord(e.dataBase64)} | base64 -d | ${line.join(" ")} --data-binary @-`;
  if (e.data) line.push("--data-raw", shellWord(e.data));
  return line.join(" ");
}
