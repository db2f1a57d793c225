// The details of one happening.
import { asCurl, asEventObject, asTrigger } from "./copyas.js";
import { chainPart } from "./chain.js";
import { dataPart } from "./data.js";
import { chainOf, facts, hue, what } from "./describe.js";
import { codeBox, el, icon, say, tabs } from "./dom.js";
import { bytes, clock, duration, oneLine, plain } from "./format.js";

const tabNames = { summary: "Summary", data: "Data", headers: "Headers", attempts: "Attempts", copyas: "Copy as" };

/** Drawer shows one traffic object. on: close(), choose(e) for another of its chain. */
export class Drawer {
  #tab = "summary";
  #chainSize = 0;
  #resent = null;

  constructor(root, page, on) {
    Object.assign(this, { root, page, on, event: null });
    this.title = el("h3", { id: "drawer-title", tabindex: "-1" });
    this.list = el("div", { role: "tablist", "aria-label": "Details" }, Object.entries(tabNames).map(([name, text]) =>
      el("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "drawer-panel", data: { tab: name }, text })));
    this.panel = el("div", { id: "drawer-panel", class: "panel", role: "tabpanel", tabindex: "0" });
    this.actions = el("div", { class: "actions" });
    const close = el("button", { type: "button", class: "quiet", "aria-label": "Close the details", on: { click: () => on.close() } }, icon("close"));
    root.append(el("header", {}, this.title, this.actions, close), this.list, this.panel);
    this.open = tabs(this.list, (name) => this.#showTab(name));
  }

  get shown() {
    return this.event !== null;
  }

  show(e) {
    if (this.event === e) return;
    const before = this.event;
    this.event = e;
    this.#resent = null;
    this.root.hidden = false;
    this.title.replaceChildren(el("span", { class: `word hue-${hue(e.type)}`, text: e.type }), el("span", { class: "time", text: clock(e.time) }));
    for (const tab of this.list.children) tab.hidden = !hasTab(e, tab.dataset.tab);
    this.#drawActions();
    this.open(hasTab(e, this.#tab) ? this.#tab : "summary");
    if (!before) this.panel.scrollTop = 0;
  }

  hide() {
    this.event = null;
    this.root.hidden = true;
  }

  focus() {
    this.title.focus();
  }

  #drawActions() {
    const resend = el("button", { type: "button", class: "small", on: { click: () => this.resend() } }, icon("resend"), "Resend");
    this.actions.replaceChildren(...(this.#canResend() ? [resend] : []));
  }

  #canResend() {
    return this.event.type === "event" && this.page.info?.can?.resend;
  }

  #showTab(name) {
    this.#tab = name;
    this.panel.setAttribute("aria-labelledby", `tab-${name}`);
    this.#chainSize = this.page.store.chain(chainOf(this.event)).length;
    this.panel.replaceChildren(...this.#content(name).filter(Boolean));
  }

  #content(name) {
    const e = this.event;
    switch (name) {
      case "data":
        return this.#data();
      case "headers":
        return [headerPart("Request", e.requestHeaders), headerPart("Answer", e.responseHeaders)];
      case "attempts":
        return [attemptPart(e)];
      case "copyas":
        return copyPart(e, this.page);
    }
    const chain = this.page.store.chain(chainOf(e));
    return [this.#resent, el("p", { class: "lead", text: what(e) }), factList(e), chain.length > 1 && chainPart(chain, e, this.on.choose)];
  }

  #data() {
    const e = this.event;
    const reply = { dataType: e.replyDataType, data: e.reply, dataBase64: e.replyBase64, bytes: e.replyBytes, left: e.replyLeft };
    const isEvent = e.type === "event";
    return [
      dataPart(isEvent ? "Data" : "", { dataType: e.dataType, data: e.data, dataBase64: e.dataBase64, bytes: e.bytes, left: e.left }),
      isEvent && dataPart("Reply", reply),
    ];
  }

  /** Draws the chain anew when more of it has arrived. */
  refreshChain() {
    if (!this.event || this.#tab !== "summary") return;
    if (this.page.store.chain(chainOf(this.event)).length !== this.#chainSize) this.#showTab("summary");
  }

  /** Sends the event to its handler again, and compares the replies. */
  async resend() {
    if (!this.#canResend()) return;
    const e = this.event;
    const button = this.actions.querySelector("button");
    button.disabled = true;
    try {
      const answer = await this.page.api.post("resend", { id: e.id });
      this.#showResent(e, resentPart(e, answer));
    } catch (error) {
      this.#showResent(e, failedPart(error));
    }
    button.disabled = false;
  }

  #showResent(e, part) {
    if (this.event !== e) return;
    this.#resent = part;
    this.open("summary");
    this.panel.scrollTop = 0;
    say(part.firstChild.textContent);
  }
}

function hasTab(e, name) {
  switch (name) {
    case "data":
      return [e.data, e.dataBase64, e.reply, e.replyBase64].some((d) => d !== undefined) || e.bytes > 0 || e.type === "event";
    case "headers":
      return Boolean(e.requestHeaders || e.responseHeaders);
    case "attempts":
      return e.type === "event";
  }
  return true;
}

function factList(e) {
  const rows = facts(e).map(([name, value]) => [el("dt", { text: name }), el("dd", { text: oneLine(value, 2000) })]);
  if (e.bytes !== undefined) rows.push([el("dt", { text: "size" }), el("dd", { text: `${bytes(e.bytes)}${e.dataType ? `, ${e.dataType}` : ""}` })]);
  if (e.milliseconds !== undefined) rows.push([el("dt", { text: "time taken" }), el("dd", { text: duration(e.milliseconds) })]);
  return el("dl", { class: "facts" }, rows.flat());
}

function headerPart(title, headers) {
  if (!headers || Object.keys(headers).length === 0) return null;
  const rows = Object.entries(headers).flatMap(([name, values]) => [values].flat().map((v) => el("tr", {}, el("th", { scope: "row", text: oneLine(name, 100) }), el("td", { text: oneLine(v, 4000) }))));
  return el("section", {}, el("h4", { text: title }), el("table", { class: "pairs", "aria-label": `${title} headers` }, el("tbody", {}, rows)));
}

function attemptPart(e) {
  const attempts = e.attempts?.length ? e.attempts : [{ status: e.status, milliseconds: e.milliseconds, error: e.status ? "" : e.reason }];
  const head = ["Attempt", "Status", "Time taken", "Error"].map((text) => el("th", { scope: "col", text }));
  const rows = attempts.map((a, i) => el("tr", {}, [i + 1, a.status || "no answer", duration(a.milliseconds), oneLine(a.error ?? "", 1000)].map((text) => el("td", { text }))));
  return el("table", { class: "pairs", "aria-label": "Attempts" }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows));
}

/** Returns the ways to run a happening again. */
function copyPart(e, page) {
  const object = asEventObject(e);
  const endpoint = page.info?.endpoint || page.api.base.origin;
  const boxes = [
    object && titled("Event object", codeBox(JSON.stringify(object), "event object")),
    asTrigger(e) && titled("wps trigger", codeBox(asTrigger(e), "wps trigger line")),
    asCurl(e, endpoint) && titled("curl", codeBox(asCurl(e, endpoint), "curl command")),
  ];
  if (object && e.hub) boxes.splice(1, 0, ...previewed(object, e.hub, page));
  boxes.push(titled("Traffic object", codeBox(JSON.stringify(e, null, 2), "traffic object")));
  return boxes;
}

const titled = (title, content) => el("section", {}, el("h4", { text: title }), content);

/** Returns the wps and curl commands of an event object, which the server writes. */
function previewed(event, hub, page) {
  const wps = titled("wps", codeBox("…", "wps command"));
  const curl = titled("curl", codeBox("…", "curl command"));
  const fill = (box, text) => (text ? (box.querySelector("code").textContent = text) : (box.hidden = true));
  page.api.post("preview", { hub, event }).then(
    (p) => (fill(wps, p.wps), fill(curl, p.curl)),
    () => ((wps.hidden = true), (curl.hidden = true)),
  );
  return [wps, curl];
}

/** Returns the answer to a resent event, compared with the recorded one. */
function resentPart(e, answer) {
  if (!answer.status) return failedPart({ message: answer.reason || "the handler did not answer" });
  const same = answer.status === e.status && (answer.data ?? "") === (e.reply ?? "") && (answer.dataBase64 ?? "") === (e.replyBase64 ?? "");
  const line = `Sent again: ${answer.status} in ${duration(answer.milliseconds)}, ${same ? "the same answer" : "another answer"}`;
  return el("div", { class: `result ${answer.ok ? "good" : "bad"}` }, el("p", { text: line }),
    answer.reason && el("p", { text: plain(answer.reason) }),
    answer.bytes > 0 && dataPart("", answer));
}

function failedPart({ message, hint }) {
  return el("div", { class: "result bad" }, el("p", { text: plain(message) }), hint && el("p", { text: `hint: ${plain(hint)}` }));
}
