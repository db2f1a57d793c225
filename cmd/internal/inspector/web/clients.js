// The view of the clients: cards side by side, each a real client of this page.
import { ClientCard } from "./card.js";
import { byId, el, emptyState, field, say } from "./dom.js";
import { list } from "./operations.js";
import { subprotocols } from "./pubsub.js";

/** How many clients a page has at once. */
const most = 50;

const roleNames = { "webpubsub.joinLeaveGroup": "May join and leave any group", "webpubsub.sendToGroup": "May send to any group" };

function wide(f) {
  f.classList.add("wide");
  return f;
}

/** ClientsView makes clients. page: api, hub, info, ownConnections. */
export class ClientsView {
  #cards = [];
  #made = 0;

  constructor(root, page) {
    Object.assign(this, { root, page });
    this.cards = byId("cards");
    this.form = byId("new-client");
    this.#fields();
    this.form.addEventListener("submit", (e) => {
      e.preventDefault();
      this.#connect();
    });
  }

  #fields() {
    this.hub = field("Hub", "hub", { value: "chat", required: true });
    const roles = Object.entries(roleNames).map(([role, text]) => field(text, role, { type: "checkbox", checked: true }));
    this.form.querySelector(".fields").append(
      this.hub,
      field("User", "user", { placeholder: "anonymous" }),
      field("Subprotocol", "subprotocol", { options: Object.keys(subprotocols).map((value) => ({ value, text: value === "none" ? "none (simple)" : value })) }),
      field("In groups", "groups", { placeholder: "g1, g2" }),
      el("fieldset", { class: "roles" }, el("legend", { class: "hidden-text", text: "The client may" }), roles),
      wide(field("More roles", "roles", { placeholder: "webpubsub.sendToGroup.g1" })),
      wide(field("Or a client URL, instead of all of these", "url", { placeholder: "ws://…/client/hubs/…", type: "url" })),
    );
  }

  /** Fills in the hub that the page shows. */
  hubChanged() {
    this.hub.querySelector("input").value = this.page.hub || this.page.info?.hubs?.[0] || "chat";
  }

  show() {
    const input = this.hub.querySelector("input");
    if (!input.dataset.filled) this.hubChanged();
    input.dataset.filled = "yes";
    this.#empty();
  }

  #empty() {
    byId("clients-empty").replaceChildren(...(this.#cards.length > 0 ? [] : [emptyState("No client of this page is connected. Connect one here, or in a terminal:", "wps connect --hub chat --user ana --join g1")]));
  }

  #values() {
    const v = Object.fromEntries(new FormData(this.form));
    const roles = [...Object.keys(roleNames).filter((r) => this.form.elements[r].checked), ...list(v.roles)];
    return { hub: v.hub.trim(), user: v.user.trim(), subprotocol: v.subprotocol, roles, groups: list(v.groups), url: v.url.trim() };
  }

  #connect() {
    const options = this.#values();
    const problem = this.#problem(options);
    byId("client-error").textContent = problem;
    if (problem) return;
    this.add(options);
    const user = this.form.elements.user;
    user.value = nextName(user.value);
  }

  #problem({ hub, url }) {
    if (this.#cards.length >= most) return `This page has ${most} clients: remove one first.`;
    if (url && !/^wss?:\/\//.test(url)) return "The client URL must begin with ws:// or wss://: wps negotiate -o url prints one.";
    return hub || url ? "" : "Fill in the hub.";
  }

  /** Adds a client and connects it. */
  add(options) {
    const card = new ClientCard(++this.#made, options, this.page, () => {
      this.#cards = this.#cards.filter((c) => c !== card);
      this.#empty();
      this.form.elements.user.focus();
      say("client removed");
    });
    this.#cards.push(card);
    this.cards.append(card.root);
    this.#empty();
    card.connect();
  }
}

/** Returns a name with its number raised, so that the next client is another user. */
export function nextName(name) {
  if (name === "") return "";
  const m = /^(.*?)(\d+)$/.exec(name);
  return m ? `${m[1]}${Number(m[2]) + 1}` : `${name}2`;
}
