// The sheet of one connection: what it is, and what can be done to it.
import { what } from "./describe.js";
import { el, field, icon, say } from "./dom.js";
import { bytes, clock, count, oneLine, since } from "./format.js";
import { answerPart, run } from "./send.js";

/** How many of the latest happenings of the connection are listed. */
const latest = 8;

/** Sheet shows a connection. on: close(), refresh() after it was changed. */
export class Sheet {
  #id = "";

  constructor(root, page, on) {
    Object.assign(this, { root, page, on });
    this.title = el("h3", { id: "sheet-title" });
    this.body = el("div", { class: "panel", tabindex: "0", role: "region", "aria-labelledby": "sheet-title" });
    this.answer = el("div");
    const close = el("button", { type: "button", class: "quiet", "aria-label": "Close the connection's sheet", on: { click: () => on.close() } }, icon("close"));
    this.facts = el("div", { class: "sheet-facts" });
    this.latest = el("div");
    this.actions = el("div", { class: "sheet-actions" });
    this.body.append(this.facts, this.answer, this.actions, this.latest);
    root.append(el("header", {}, this.title, close), this.body);
  }

  /** Shows a connection; found is null for one that has ended. */
  show(id, found) {
    this.root.hidden = id === "";
    if (id !== this.#id) this.answer.replaceChildren();
    const isNew = id !== this.#id || Boolean(found) === this.body.classList.contains("gone");
    this.#id = id;
    if (id === "") return;
    this.found = found;
    this.body.classList.toggle("gone", !found);
    this.title.textContent = oneLine(found?.connection.user ?? (found ? "anonymous" : "Connection"), 80);
    this.facts.replaceChildren(...(found ? this.#facts(found) : [el("p", { text: "This connection is not open any more." })]));
    this.latest.replaceChildren(this.#frames());
    if (isNew) this.actions.replaceChildren(...(found ? this.#forms() : []));
  }

  #facts({ hub, connection: c }) {
    const permissions = (c.permissions ?? []).map((p) => (typeof p === "string" ? p : `${p.permission} ${p.group ?? ""}${p.granted === false ? " (revoked)" : ""}`));
    const rows = [
      ["connection", c.id], ["hub", hub], ["user", c.user ?? "anonymous"], ["subprotocol", c.subprotocol || "none (simple)"],
      ["open since", `${clock(c.since)}, ${since(c.since)}`], ["state", c.away ? "away: its socket is lost, it may come back" : ""],
      ["received", `${count(c.framesIn ?? 0)} frames, ${bytes(c.bytesIn ?? 0)}`], ["sent", bytes(c.bytesOut ?? 0)],
      ["queued", c.queued ? `${count(c.queued)} messages, ${bytes(c.queuedBytes ?? 0)}` : ""],
      ["roles", (c.roles ?? []).join(", ")], ["permissions", permissions.join(", ")],
    ].filter(([, v]) => v);
    const list = el("dl", { class: "facts" }, rows.flatMap(([k, v]) => [el("dt", { text: k }), el("dd", { text: oneLine(v, 1000) })]));
    const groups = (c.groups ?? []).map((g) => el("li", {}, oneLine(g, 60), el("button", { type: "button", class: "quiet", "aria-label": `Take out of group ${g}`, on: { click: () => this.#leave(g) } }, icon("close"))));
    return [list, groups.length > 0 && el("ul", { class: "chips", "aria-label": "Groups" }, groups)].filter(Boolean);
  }

  #frames() {
    const { store } = this.page;
    const found = [];
    for (let n = store.end - 1; n >= store.first && found.length < latest; n--) {
      const e = store.at(n);
      if (e?.connectionId === this.#id && e.id) found.push(e);
    }
    if (found.length === 0) return el("p", { class: "muted", text: "Nothing of it is in Traffic." });
    const rows = found.reverse().map((e) => el("li", {}, el("a", { href: `#traffic/${e.id}` }, el("span", { class: "time", text: clock(e.time) }), " ", el("b", { text: e.type }), " ", what(e))));
    return el("section", {}, el("h4", { text: "Latest" }), el("ul", { class: "latest" }, rows));
  }

  #forms() {
    return [
      form("Close", [field("Reason", "reason")], "Kick", (v) => this.#run({ type: "CloseConnectionEvent", connectionId: this.#id, ...(v.reason ? { reason: v.reason } : {}) }), "danger"),
      form("Put into a group", [field("Group", "group", { required: true })], "Join", (v) => this.#membership("Join", v.group)),
      form("Permission", [
        field("May", "permission", { options: ["sendToGroup", "joinLeaveGroup"] }), field("Group", "group", { required: true }),
        field("", "action", { options: ["Grant", "Revoke"], "aria-label": "Grant or revoke" }),
      ], "Set", (v) => this.#run({ type: "PermissionEvent", permissionAction: v.action, connectionId: this.#id, permission: v.permission, targetName: v.group })),
      form("Message", [field("Text", "text", { required: true })], "Send", (v) => this.#run({ type: "MessageEvent", targetType: "Connections", targetId: this.#id, message: v.text, dataType: "text" })),
    ];
  }

  #leave(group) {
    return this.#membership("Leave", group);
  }

  #membership(groupAction, groupId) {
    return this.#run({ type: "GroupEvent", groupAction, targetType: "Connections", targetId: this.#id, groupId });
  }

  async #run(event) {
    if (!this.found) return;
    const started = performance.now();
    const answer = await run(this.page.api, this.found.hub, event);
    this.answer.replaceChildren(answerPart(answer, performance.now() - started));
    say(answer.ok ? "done" : `failed: ${answer.error}`);
    this.on.refresh();
  }
}

/** Returns a small form of one action. */
function form(title, fields, button, act, tone = "") {
  return el("form", {
    class: "inline", "aria-label": title,
    on: { submit: (e) => (e.preventDefault(), act(Object.fromEntries(new FormData(e.target)))) },
  }, fields, el("button", { class: `small ${tone}`, text: button }));
}
