// The operations of the service as forms, and the event object that each builds.
// Pure, without a document.
import { jsonMessage } from "./copyas.js";

const targets = { All: "everyone in the hub", Groups: "a group", Users: "a user", Connections: "a connection" };
const choose = (...names) => names.map((value) => ({ value, text: targets[value] }));

const needsId = (v) => v.targetType !== "All";
const toMany = (v) => v.targetType === "All" || v.targetType === "Groups";

const id = { name: "targetId", label: "Its id or name", required: true, when: needsId };

/** The operations. Each field: name, label, kind, options, required, when(values). */
export const operations = [
  {
    name: "send", label: "Send a message", group: "Messages",
    fields: [
      { name: "targetType", label: "To", options: choose("All", "Groups", "Users", "Connections") }, id,
      { name: "dataType", label: "Data type", options: ["text", "json", "binary"] },
      { name: "message", label: "Message", multiline: true, hint: { binary: "base64", json: "JSON" } },
      { name: "excludes", label: "Except connections", placeholder: "ids, one a line or with commas", list: true, when: toMany, more: true },
      { name: "filter", label: "Filter", placeholder: "userId ne 'ana'", when: (v) => v.targetType !== "Connections", more: true },
      { name: "ttlSeconds", label: "Expires after seconds", kind: "number", min: 0, max: 300, more: true },
    ],
    build: (v) => event("MessageEvent", { targetType: v.targetType, ...idOf(v), message: messageValue(v), dataType: v.dataType, ...some({ excludes: toMany(v) && list(v.excludes), filter: v.targetType !== "Connections" && v.filter, ttlSeconds: Number(v.ttlSeconds) }) }),
  },
  ...["Join", "Leave"].map((action) => ({
    name: action.toLowerCase(), label: `${action} a group`, group: "Groups",
    fields: [{ name: "targetType", label: "Who", options: choose("Users", "Connections") }, id, { name: "groupId", label: "Group", required: true }],
    build: (v) => event("GroupEvent", { groupAction: action, targetType: v.targetType, ...idOf(v), groupId: v.groupId }),
  })),
  {
    name: "leave-all", label: "Leave all groups", group: "Groups",
    fields: [{ name: "targetType", label: "Who", options: choose("Users", "Connections") }, id],
    build: (v) => event("GroupEvent", { groupAction: "LeaveAll", targetType: v.targetType, ...idOf(v) }),
  },
  ...["Join", "Leave"].map((action) => ({
    name: `${action.toLowerCase()}-many`, label: `${action} groups by a filter`, group: "Groups",
    fields: [{ name: "groupIds", label: "Groups", required: true, list: true, placeholder: "names, with commas" }, { name: "filter", label: "Filter of connections", required: true, placeholder: "userId eq 'ana'" }],
    build: (v) => event("GroupEvent", { groupAction: action, targetType: "All", groupIds: list(v.groupIds), filter: v.filter }),
  })),
  {
    name: "close", label: "Close a connection", group: "Connections",
    fields: [{ name: "connectionId", label: "Connection id", required: true }, { name: "reason", label: "Reason" }],
    build: (v) => event("CloseConnectionEvent", { connectionId: v.connectionId, ...some({ reason: v.reason }) }),
  },
  {
    name: "close-many", label: "Close many connections", group: "Connections", danger: true,
    fields: [
      { name: "targetType", label: "Of", options: choose("Users", "Groups", "All") }, id,
      { name: "reason", label: "Reason" }, { name: "excludes", label: "Except connections", list: true, more: true, placeholder: "ids, with commas" },
    ],
    build: (v) => event("CloseConnectionEvent", { targetType: v.targetType, ...idOf(v), ...some({ reason: v.reason, excludes: list(v.excludes) }) }),
  },
  {
    name: "exists", label: "Check whether one exists", group: "Connections",
    fields: [{ name: "targetType", label: "What", options: choose("Users", "Groups", "Connections") }, id],
    build: (v) => event("ExistenceEvent", { targetType: v.targetType, ...idOf(v) }),
  },
  ...["Grant", "Revoke", "Check"].map((action) => ({
    name: action.toLowerCase(), label: `${action} a permission`, group: "Permissions",
    fields: [
      { name: "connectionId", label: "Connection id", required: true },
      { name: "permission", label: "Permission", options: ["sendToGroup", "joinLeaveGroup"] }, { name: "targetName", label: "Group", required: true },
    ],
    build: (v) => event("PermissionEvent", { permissionAction: action, connectionId: v.connectionId, permission: v.permission, targetName: v.targetName }),
  })),
];

const event = (type, members) => ({ type, ...members });

const idOf = (v) => (needsId(v) ? { targetId: v.targetId } : {});

/** Returns the members that have a value. */
const some = (members) => Object.fromEntries(Object.entries(members).filter(([, v]) => (Array.isArray(v) ? v.length > 0 : Boolean(v))));

/** Returns the names of a list with commas or line breaks. */
export function list(text = "") {
  return String(text).split(/[\n,]/).map((s) => s.trim()).filter(Boolean);
}

/** Returns the message as the event object has it: JSON as a value, the rest as text. */
function messageValue(v) {
  return v.dataType === "json" ? jsonMessage(v.message ?? "") : v.message ?? "";
}

/** Returns the operation with a name, the first one if there is none. */
export const operation = (name) => operations.find((o) => o.name === name) ?? operations[0];

/** Returns the labels of required fields that are empty. */
export function missing(op, values) {
  return op.fields.filter((f) => f.required && (f.when?.(values) ?? true) && !String(values[f.name] ?? "").trim()).map((f) => f.label);
}
