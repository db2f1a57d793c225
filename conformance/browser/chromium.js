// Headless Chromium for checks, over the DevTools protocol on a pipe: no library,
// no port. The pages of a check share one profile, which is removed at its end.
//
//	const browser = await startChromium(t, { hosts: { "evil.example": "127.0.0.1" } });
//	const page = await browser.newPage("http://localhost:3000/");
//	const title = await page.evaluate(() => document.title);
import { spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { within } from "../kit.js";
import { Page } from "./page.js";

/** How long Chromium may take for one command, in milliseconds. */
const patience = 30_000;

/** Returns the path of Chromium: $CHROMIUM, or the first of the usual names in $PATH; or undefined. */
export function findChromium() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const folders = (process.env.PATH ?? "").split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

// Not every browser asks before a page of another network reaches this machine
// (LocalNetworkAccessChecks): the checks are those of a browser that does not.
const flags = [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-default-browser-check",
  "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
  "--disable-dev-shm-usage", "--mute-audio", "--hide-scrollbars",
  "--disable-features=LocalNetworkAccessChecks", "--remote-debugging-pipe",
];

/**
 * Starts Chromium, which ends with the test. hosts maps host names to the addresses
 * that Chromium resolves them to, as if a DNS server had said so; all other names
 * outside of this machine resolve to nothing. args are further arguments.
 */
export async function startChromium(t, { hosts = {}, args = [] } = {}) {
  const program = findChromium();
  if (!program) throw new Error("Chromium is not installed: set CHROMIUM to its path");
  const profile = mkdtempSync(join(tmpdir(), "wps-chromium-"));
  const rules = Object.entries(hosts).map(([name, address]) => `MAP ${name} ${address}`);
  rules.push("MAP * ~NOTFOUND", "EXCLUDE localhost", "EXCLUDE *.localhost", "EXCLUDE 127.0.0.1", "EXCLUDE [::1]");
  const child = spawn(program, [...flags, `--user-data-dir=${profile}`, `--host-resolver-rules=${rules.join(", ")}`, ...args, "about:blank"],
    { stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"], detached: true });
  const browser = new Browser(child);
  t.after(async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  await browser.send("Target.setDiscoverTargets", { discover: true });
  return browser;
}

/** A running Chromium. */
class Browser {
  #child;
  #ended;
  #commands = new Map(); // the callbacks of those that wait for their results, by id
  #pages = new Map(); // by session
  #last = 0;
  #said = "";

  constructor(child) {
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once("close", resolve));
    child.on("error", (e) => this.#fail(e));
    child.once("close", () => this.#fail(new Error(`Chromium ended: ${this.#said}`)));
    child.stderr.on("data", (b) => (this.#said = (this.#said + b).slice(-4000)));
    child.stdio[3].on("error", () => {}); // closed with Chromium, which "close" reports
    this.#read(child.stdio[4]);
  }

  /** Sends a command and returns its result. Without session it is one for the browser. */
  send(method, params = {}, sessionId) {
    const id = ++this.#last;
    const result = new Promise((resolve, reject) => this.#commands.set(id, { resolve, reject, method }));
    this.#child.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
    return within(result, `result of ${method}`, patience);
  }

  /** Opens a page; with a URL, returns when it is loaded. */
  async newPage(url) {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page((method, params) => this.send(method, params, sessionId));
    this.#pages.set(sessionId, page);
    await page.enable();
    if (url) await page.goto(url);
    return page;
  }

  /** Ends Chromium and what it started. */
  async close() {
    this.send("Browser.close").catch(() => {});
    await within(this.#ended, "end of Chromium").catch(() => {});
    try {
      process.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // the group has ended
    }
  }

  #read(pipe) {
    let rest = "";
    pipe.setEncoding("utf8");
    pipe.on("data", (text) => {
      const messages = (rest + text).split("\0");
      rest = messages.pop();
      for (const message of messages) this.#receive(JSON.parse(message));
    });
  }

  #receive({ id, result, error, method, params, sessionId }) {
    if (id === undefined) {
      this.#pages.get(sessionId)?.receive(method, params);
      return;
    }
    const command = this.#commands.get(id);
    this.#commands.delete(id);
    if (error) command?.reject(new Error(`${command.method}: ${error.message}`));
    else command?.resolve(result);
  }

  #fail(error) {
    for (const { reject } of this.#commands.values()) reject(error);
    this.#commands.clear();
  }
}
