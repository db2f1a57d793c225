// What checks of the page need: an emulator that serves one, and the page in a
// browser, used as a person uses it.
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { connectionString, within } from "../kit.js";

const wps = process.env.WPS ?? "wps";
const key = /AccessKey=([^;]*)/.exec(connectionString)[1];

/** Where pictures go: the folder that $SCREENSHOTS names, or none are made. */
const pictures = process.env.SCREENSHOTS;
if (pictures) mkdirSync(pictures, { recursive: true });

/** Starts an emulator on a free port; returns the address of its page, and stop(). */
export const startPageServer = (t, ...args) => start(t, "emulator", "--addr", "localhost:0", "--key", key, ...args);

/** Starts wps listen on free ports; returns the same, and events, the address for events. */
export const startListen = (t, ...args) => start(t, "listen", "--addr", "localhost:0", "--ui=localhost:0", "--skip-signature", ...args);

async function start(t, ...args) {
  const child = spawn(wps, args, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => child.on("close", resolve));
  let said = "";
  const address = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => reject(new Error(`wps ended: ${said}`)));
    child.stderr.on("data", (b) => {
      said += b;
      const found = /https?:\/\/\S+#token=\S+/.exec(said);
      if (found) resolve(found[0]);
    });
  });
  const stop = async () => {
    child.kill("SIGINT");
    await within(ended, "end of wps").catch(() => child.kill("SIGKILL"));
  };
  t.after(stop);
  const url = new URL(await within(address, "address of the page"));
  return { address: url.href, origin: url.origin, port: url.port, stop, events: /events: (\S+)/.exec(said)?.[1] };
}

/** The page of an emulator in a browser. */
export class Inspector {
  constructor(page, server) {
    this.page = page;
    this.server = server;
  }

  /** Opens the page of a server, and waits until it follows the traffic. */
  static async open(browser, server, view = {}) {
    const page = await browser.newPage();
    await page.view(view);
    await page.goto(server.address);
    const inspector = new Inspector(page, server);
    await inspector.live();
    return inspector;
  }

  live() {
    return this.page.waitFor(() => document.body?.dataset.connection === "live");
  }

  /** Goes to a view by its link. */
  async go(view) {
    await this.page.click(`nav a[href="#${view}"]`);
    await this.page.waitFor((v) => !document.getElementById(`view-${v}`).hidden, view);
  }

  /** Fills in fields of a form by their names. */
  fill(form, values) {
    return this.page.evaluate((f, all) => {
      for (const [name, value] of Object.entries(all)) {
        const input = document.querySelector(f).elements[name];
        if (input.type === "checkbox") input.checked = value;
        else input.value = value;
        input.dispatchEvent(new Event("input", { bubbles: true }));
        input.dispatchEvent(new Event("change", { bubbles: true }));
      }
    }, form, values);
  }

  /** Connects a client in the view of clients; returns the selector of its card. */
  async client(values) {
    await this.go("clients");
    await this.fill("#new-client", { user: "", groups: "", subprotocol: "json", url: "", ...values });
    const n = await this.page.evaluate(() => document.querySelectorAll(".card").length);
    await this.page.click("#new-client button.primary");
    const card = `.card:nth-of-type(${n + 1})`;
    await this.page.waitFor((c) => document.querySelector(c)?.dataset.state === "open", card);
    return card;
  }

  /** Does an action in the send bar of a card. */
  async act(card, values) {
    await this.fill(`${card} form`, values);
    await this.page.click(`${card} form button`);
  }

  log(card, pattern) {
    return this.page.waitForText(`${card} .log`, pattern);
  }

  /** Sets the filter of the traffic. */
  async filter(text) {
    await this.go("traffic");
    await this.page.evaluate((value) => {
      const input = document.getElementById("filter");
      input.focus();
      input.value = value;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.blur();
    }, text);
  }

  /** Returns the rows that are in the document, each as {type, who, what, ...}. */
  rows() {
    return this.page.evaluate(() => [...document.querySelectorAll("#traffic-rows tbody tr:not(.gap)")].map((r) =>
      Object.fromEntries([...r.cells].map((c) => [c.className.split(" ")[0], c.textContent]))));
  }

  /** Waits for a row whose type and text fit, and clicks it. */
  async openRow(type, text) {
    const row = await this.page.waitFor((wanted, part) => {
      const found = [...document.querySelectorAll("#traffic-rows tbody tr:not(.gap)")]
        .find((r) => r.querySelector(".type").textContent === wanted && r.textContent.includes(part));
      return found?.id;
    }, type, text);
    await this.page.click(`#${row} td.what`);
    await this.page.waitFor(() => !document.getElementById("drawer").hidden);
  }

  /** Shows a tab of the details, and returns its text. */
  async tab(name) {
    await this.page.click(`#tab-${name}`);
    return this.page.evaluate(() => document.getElementById("drawer-panel").innerText);
  }

  async picture(name) {
    if (pictures) await this.page.screenshot(`${pictures}/${name}.png`);
  }

  close() {
    return this.page.close();
  }
}
