// A page of Chromium: what a person does with it, and what it says.
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { within } from "../kit.js";

/** How long a page may take to load, or a condition to hold, in milliseconds. */
const patience = 20_000;

/** The keys that press knows, apart from characters. */
const keys = {
  Enter: { code: 13, text: "\r" }, Tab: { code: 9 }, Escape: { code: 27 }, Backspace: { code: 8 }, Delete: { code: 46 },
  ArrowUp: { code: 38 }, ArrowDown: { code: 40 }, ArrowLeft: { code: 37 }, ArrowRight: { code: 39 }, Home: { code: 36 }, End: { code: 35 },
};

export class Page {
  /** What the page wrote to its console, and the exceptions that it did not catch. */
  console = [];
  errors = [];

  #send;
  #waiting = []; // {method, match, resolve}
  #routes = new Map(); // answers in the place of servers, by URL

  constructor(send) {
    this.#send = send;
  }

  /** Sends a command of the DevTools protocol for this page. */
  send(method, params = {}) {
    return this.#send(method, params);
  }

  async enable() {
    for (const domain of ["Page", "Runtime", "Log"]) await this.#send(`${domain}.enable`);
  }

  /** Takes an event of the DevTools protocol. */
  receive(method, params) {
    if (method === "Runtime.consoleAPICalled") this.console.push(params.args.map((a) => a.value ?? a.description).join(" "));
    if (method === "Log.entryAdded" && params.entry.level === "error") this.console.push(params.entry.text);
    if (method === "Runtime.exceptionThrown") this.errors.push(described(params.exceptionDetails));
    if (method === "Fetch.requestPaused") this.#fulfill(params);
    for (const wait of this.#waiting.filter((w) => w.method === method)) {
      this.#waiting.splice(this.#waiting.indexOf(wait), 1);
      wait.resolve(params);
    }
  }

  /** Returns the next event of this kind. */
  event(method) {
    return within(new Promise((resolve) => this.#waiting.push({ method, resolve })), method, patience);
  }

  /** Loads a URL and returns when it is loaded. */
  async goto(url) {
    const loaded = this.event("Page.loadEventFired");
    const { errorText } = await this.#send("Page.navigate", { url });
    if (errorText) {
      loaded.catch(() => {});
      throw new Error(`${url}: ${errorText}`);
    }
    await loaded;
  }

  async reload() {
    const loaded = this.event("Page.loadEventFired");
    await this.#send("Page.reload");
    await loaded;
  }

  /** Answers requests for a URL with an HTML page, as a server would that had its address before. */
  async route(url, html) {
    this.#routes.set(url, html);
    await this.#send("Fetch.enable", { patterns: [...this.#routes.keys()].map((urlPattern) => ({ urlPattern })) });
  }

  async #fulfill({ requestId, request }) {
    const body = Buffer.from(this.#routes.get(request.url) ?? "").toString("base64");
    const responseHeaders = [{ name: "Content-Type", value: "text/html; charset=utf-8" }];
    await this.#send("Fetch.fulfillRequest", { requestId, responseCode: 200, responseHeaders, body });
  }

  /** Runs a function with JSON arguments in the page and returns its JSON result, after its promise. */
  async evaluate(what, ...args) {
    const expression = typeof what === "function" ? `(${what})(${args.map((a) => JSON.stringify(a) ?? "undefined").join(", ")})` : what;
    const options = { awaitPromise: true, returnByValue: true, userGesture: true };
    const { result, exceptionDetails } = await this.#send("Runtime.evaluate", { expression, ...options });
    if (exceptionDetails) throw new Error(described(exceptionDetails));
    return result.value;
  }

  /** Returns the first true result of a function, which is called until it has one. */
  async waitFor(what, ...args) {
    const end = Date.now() + patience;
    for (;;) {
      const value = await this.evaluate(what, ...args);
      if (value) return value;
      if (Date.now() > end) throw new Error(`still false after ${patience} ms: ${what}`);
      await sleep(25);
    }
  }

  /** Waits until the text of an element matches a string or a regular expression, and returns the text. */
  async waitForText(selector, pattern) {
    const source = pattern instanceof RegExp ? pattern.source : RegExp.escape?.(pattern) ?? pattern.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return this.waitFor((s, re, flags) => {
      const text = document.querySelector(s)?.innerText;
      return text !== undefined && new RegExp(re, flags).test(text) ? text : "";
    }, selector, source, pattern.flags ?? "");
  }

  /** Clicks the middle of an element, with the mouse. */
  async click(selector) {
    const { x, y } = await this.waitFor((s) => {
      const element = document.querySelector(s);
      element?.scrollIntoView({ block: "center", behavior: "instant" });
      const box = element?.getBoundingClientRect();
      return box?.width > 0 && { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    }, selector);
    for (const type of ["mousePressed", "mouseReleased"]) {
      await this.#send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
    }
  }

  /** Types text where the focus is. */
  async type(text) {
    await this.#send("Input.insertText", { text });
  }

  /** Presses a key where the focus is: a name such as "Enter", or one character. */
  async press(key, { alt, ctrl, meta, shift } = {}) {
    const modifiers = (alt ? 1 : 0) + (ctrl ? 2 : 0) + (meta ? 4 : 0) + (shift ? 8 : 0);
    const { code, text } = keys[key] ?? { code: key.toUpperCase().charCodeAt(0), text: key };
    const event = { key, code: keys[key] ? key : undefined, windowsVirtualKeyCode: code, modifiers };
    await this.#send("Input.dispatchKeyEvent", { type: text && !ctrl && !meta ? "keyDown" : "rawKeyDown", text, ...event });
    await this.#send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  /** Sets the size of the page, and the color scheme that the person prefers. */
  async view({ width = 1280, height = 800, scheme = "light", motion = "no-preference" } = {}) {
    await this.#send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 });
    const features = [{ name: "prefers-color-scheme", value: scheme }, { name: "prefers-reduced-motion", value: motion }];
    await this.#send("Emulation.setEmulatedMedia", { features });
  }

  /** Writes a picture of the page to a PNG file. */
  async screenshot(file, { full = false } = {}) {
    const { data } = await this.#send("Page.captureScreenshot", { format: "png", captureBeyondViewport: full });
    writeFileSync(file, Buffer.from(data, "base64"));
  }

  async close() {
    await this.#send("Page.close");
  }
}

/** The text of an exception in a page. */
function described({ text, exception }) {
  return exception?.description ?? `${text} ${exception?.value ?? ""}`.trim();
}
