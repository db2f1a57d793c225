// The view that says how to connect: connection string, client URL, snippets, and
// the settings in force.
import { byId, codeBox, el, field, tabs } from "./dom.js";
import { oneLine, plain } from "./format.js";
import { snippets } from "./snippets.js";

/** ConnectView shows how to connect. page: api, hub, info. */
export class ConnectView {
  constructor(root, page) {
    Object.assign(this, { root, page });
    byId("secret-show").addEventListener("click", () => this.#secret());
    this.#urlForm();
    this.box = codeBox("", "snippet");
    this.panel = byId("snippet");
    this.panel.append(this.box);
    this.list = byId("snippet-tabs");
    for (const { name } of snippets("chat")) {
      this.list.append(el("button", { type: "button", role: "tab", id: `snippet-${name.replace(/\W/g, "sharp")}`, "aria-controls": "snippet", data: { tab: name }, text: name }));
    }
    this.choose = tabs(this.list, (name) => this.#snippet(name));
    this.choose("JavaScript");
  }

  #urlForm() {
    const form = byId("url-form");
    this.hub = field("Hub", "hub", { value: "chat", required: true });
    form.querySelector(".fields").append(this.hub, field("User", "user", { placeholder: "anonymous" }), field("Valid for minutes", "minutes", { type: "number", value: 60, min: 1, max: 1440 }));
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      this.#url(Object.fromEntries(new FormData(form)));
    });
  }

  show() {
    if (!this.shown) this.hubChanged();
    this.shown = true;
    this.#settings();
  }

  hubChanged() {
    this.hub.querySelector("input").value = this.page.hub || this.page.info?.hubs?.[0] || "chat";
    this.choose(this.name);
  }

  async #url({ hub, user, minutes }) {
    const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
    const place = byId("url-answer");
    try {
      const { url } = await this.page.api.post("negotiate", { hub, user, roles, groups: [], minutes: Number(minutes) });
      place.replaceChildren(codeBox(url, "client URL"), codeBox(`wps connect --url '${url}'`, "wps command"));
    } catch (e) {
      place.replaceChildren(problem(e));
    }
  }

  /** Shows the connection string, which holds the key, only when asked. */
  async #secret() {
    const place = byId("secret");
    const button = byId("secret-show");
    if (place.hasChildNodes()) {
      place.replaceChildren();
      button.textContent = "Show the connection string";
      return;
    }
    try {
      const { connectionString } = await this.page.api.get("secret");
      place.replaceChildren(codeBox(connectionString, "connection string"), codeBox(`export WebPubSubConnectionString='${connectionString}'`, "shell command"));
      button.textContent = "Hide the connection string";
    } catch (e) {
      place.replaceChildren(problem(e));
    }
  }

  #snippet(name) {
    this.name = name;
    const { text } = snippets(this.page.hub || this.page.info?.hubs?.[0], this.page.info?.endpoint).find((s) => s.name === name);
    this.box.querySelector("code").textContent = text;
    this.panel.setAttribute("aria-labelledby", `snippet-${name.replace(/\W/g, "sharp")}`);
  }

  #settings() {
    const settings = this.page.info?.settings ?? [];
    const head = ["Setting", "Value", "From"].map((text) => el("th", { scope: "col", text }));
    const rows = settings.map((s) => el("tr", {}, el("th", { scope: "row", class: "mono", text: oneLine(s.name, 100) }), el("td", { class: "mono", text: oneLine(s.value, 500) }), el("td", { text: oneLine(s.source, 200) })));
    byId("settings").replaceChildren(el("table", { class: "pairs", "aria-label": "Settings" }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows)));
    byId("settings-part").hidden = settings.length === 0;
  }
}

const problem = (e) => el("div", { class: "result bad" }, el("p", { text: plain(e.message) }), e.hint && el("p", { text: `hint: ${plain(e.hint)}` }));
